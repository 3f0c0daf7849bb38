"""Pages of generated responses."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, members_only
from jury.models import Writing


@require_safe
@members_only(Role.LEAD)
def writing(request: PageRequest, access: Access, writing: int) -> HttpResponse:
    """What a generator wrote, with its raw reply, and the dialogue it is for."""
    found = get_object_or_404(
        Writing.objects.select_related("item", "juror", "prompt", "placed_in"),
        pk=writing,
        juror__project=access.project,
    )
    context = {"access": access, "page": "jury", "writing": found, "item": found.item, "is_masked": True}
    return render(request, "jury/generated.html", context)
