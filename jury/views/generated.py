"""Pages of generators and of the responses that they wrote."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from jury import queries
from jury.models import GeneratedResponse

RESPONSES_A_PAGE = 50


@require_safe
@require_role(Role.LEAD)
def generated_responses(request: PageRequest, access: Access) -> HttpResponse:
    """Show the generators of a project, and what they wrote, the latest first."""
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in GeneratedResponse.Outcome.values else ""
    responses = queries.generated_responses(access.project, outcome)
    context = {
        "access": access,
        "page": "generated",
        "generators": queries.generator_statistics(access.project),
        "outcome": outcome,
        "outcome_query": f"outcome={outcome}" if outcome else "",
        "outcomes": GeneratedResponse.Outcome.choices,
        "shown": Paginator(responses, RESPONSES_A_PAGE).get_page(request.GET.get("at")),
    }
    return render(request, "jury/generated_responses.html", context)


@require_safe
@require_role(Role.LEAD)
def generated_response(request: PageRequest, access: Access, response: int) -> HttpResponse:
    """Show a generated response with its raw reply and its dialogue."""
    generated = get_object_or_404(
        GeneratedResponse.objects.select_related("item", "juror", "prompt", "published_in"),
        pk=response,
        juror__project=access.project,
    )
    context = {"access": access, "page": "generated", "generated": generated, "item": generated.item, "is_masked": True}
    return render(request, "jury/generated.html", context)
