"""The page of perspectives: publications of figures of groups of people, and the button that makes another."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation.queries.background import background_questions
from corpus.access import Access, PageRequest, Role, require_role
from quality.actions import publish_perspectives
from quality.queries.perspectives import next_attempt, publications, published_questions
from quality.reports.perspectives_words import figure_rows

SHOWN = 12
"Publications on the page; the route has all."


@require_safe
@require_role(Role.LEAD)
def perspectives(request: PageRequest, access: Access) -> HttpResponse:
    """Show what was published of groups of people, latest first."""
    found, questions = list(publications(access.project)[:SHOWN]), background_questions(access.project)
    shown = published_questions(access.project)
    due = next_attempt(found[0] if found else None)
    context: dict[str, Any] = {
        "access": access,
        "page": "quality",
        "questions": questions,
        "left": [each for each in questions if each.key not in shown],
        "publications": [(each.made_at, figure_rows(each.content)) for each in found],
        "due": due if due and timezone.now() < due else None,
    }
    return render(request, "quality/perspectives.html", context)


@require_POST
@require_role(Role.LEAD)
def publish(request: PageRequest, access: Access) -> HttpResponse:
    """Publish how groups compare by the questions that were never published."""
    made = publish_perspectives(project=access.project, by=access.user)
    if made.content["divisions"]:
        messages.success(request, "Published. By these questions nothing is published again.")
    else:
        messages.warning(request, "Nothing may be shown yet: too few people of each group have voted.")
    return redirect("quality:perspectives", access.project.slug)
