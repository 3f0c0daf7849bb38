"""Anchoring of adjudicators and agreement between them, and the settings of cases."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from adjudication import actions
from adjudication.forms.cases import CaseSettingsForm
from adjudication.queries import cases
from corpus.access import Access, PageRequest, Role, require_role
from corpus.kept import kept_if_large
from quality.reports.anchoring import anchoring_figures, blind_settlements, second_answer_figures, second_answers


@require_safe
@require_role(Role.LEAD)
def figures(request: PageRequest, access: Access) -> HttpResponse:
    """Show anchoring, agreement between two adjudicators, and the settings of cases."""
    return show_figures(request, access, CaseSettingsForm(instance=cases.case_settings_of(access.project)))


@require_POST
@require_role(Role.LEAD)
def update_case_settings(request: PageRequest, access: Access) -> HttpResponse:
    """Save the settings of cases."""
    form = CaseSettingsForm(request.POST, instance=cases.case_settings_of(access.project))
    if not form.is_valid():
        return show_figures(request, access, form, status=422)
    actions.update_case_settings(project=access.project, by=access.user, **form.cleaned_data)
    messages.success(request, "Saved. It holds from the next case on.")
    return redirect("quality:case-figures", access.project.slug)


def show_figures(request: PageRequest, access: Access, form: CaseSettingsForm, *, status: int = 200) -> HttpResponse:
    """Render the page with a settings form, valid or not."""
    everybody, *each = kept_if_large(
        access.project, "anchoring", lambda: anchoring_figures(blind_settlements(access.project))
    )
    context = {
        "access": access,
        "page": "cases",
        "form": form,
        "everybody": everybody,
        "each": each,
        "not_blind": cases.settled_count(access.project) - everybody.any_label.total,
        "compared": second_answer_figures(access.project),
        "second_not_blind": second_answers(access.project).filter(saw_opinions_before=True).count(),
    }
    return render(request, "quality/case_figures.html", context, status=status)
