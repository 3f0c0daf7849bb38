"""The page of one ballot."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from adjudication.visible_opinions import visible_opinions
from corpus.access import Access, PageRequest, Role, require_role
from corpus.queries import category_names
from jury.models import Ballot


@require_safe
@require_role(Role.LEAD)
def ballot(request: PageRequest, access: Access, ballot: int) -> HttpResponse:
    """Show one ballot with its raw reply, and the dialogue it is about."""
    found = get_object_or_404(Ballot.objects.select_related("item"), pk=ballot, juror__project=access.project)
    shown = visible_opinions(access.user, found.item).ballots.select_related("run").get(pk=found.pk)
    names = category_names(access.project)
    context = {"access": access, "page": "jury", "ballot": shown, "names": names, "item": found.item, "is_masked": True}
    return render(request, "adjudication/ballot.html", context)
