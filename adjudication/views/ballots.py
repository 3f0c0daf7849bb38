"""The page of one ballot."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.queries import category_names
from jury.models import Ballot


@require_safe
@require_role(Role.LEAD)
def ballot(request: PageRequest, access: Access, ballot: int) -> HttpResponse:
    """One ballot with its raw reply, and the dialogue it is about."""
    found = get_object_or_404(
        Ballot.objects.select_related("item", "juror", "prompt", "run"), pk=ballot, juror__project=access.project
    )
    names = category_names(access.project)
    context = {"access": access, "page": "jury", "ballot": found, "names": names, "item": found.item, "is_masked": True}
    return render(request, "adjudication/ballot.html", context)
