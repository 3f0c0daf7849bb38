"""How far opinions move adjudicators, and the settings of cases."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from adjudication import actions
from adjudication.forms.cases import DocketForm
from adjudication.queries import cases
from corpus.access import Access, PageRequest, Role, members_only
from quality.reports.anchoring import anchoring, second_answers, settlements


@require_safe
@members_only(Role.LEAD)
def figures(request: PageRequest, access: Access) -> HttpResponse:
    """How far opinions move adjudicators, how far two agree, and how the project settles its cases."""
    return show_figures(request, access, DocketForm(instance=cases.docket_of(access.project)))


@require_POST
@members_only(Role.LEAD)
def keep_docket(request: PageRequest, access: Access) -> HttpResponse:
    form = DocketForm(request.POST, instance=cases.docket_of(access.project))
    if not form.is_valid():
        return show_figures(request, access, form, status=422)
    actions.keep_docket(project=access.project, by=access.user, **form.cleaned_data)
    messages.success(request, "Kept. It holds from the next case on.")
    return redirect("quality:case-figures", access.project.slug)


def show_figures(request: PageRequest, access: Access, form: DocketForm, *, status: int = 200) -> HttpResponse:
    made = settlements(access.project)
    everybody, *each = anchoring(made)
    context = {
        "access": access,
        "page": "cases",
        "form": form,
        "everybody": everybody,
        "each": each,
        "not_blind": cases.settled_count(access.project) - len(made),
        "compared": second_answers(access.project),
    }
    return render(request, "quality/case_figures.html", context, status=status)
