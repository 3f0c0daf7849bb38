"""Pages of generated responses."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from jury.models import GeneratedResponse


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
