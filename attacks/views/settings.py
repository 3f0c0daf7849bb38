"""For leads: what may be attacked, and how often attacks succeeded."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from attacks import actions, queries
from attacks.forms import SettingsForm
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access) -> HttpResponse:
    """Change what the project allows."""
    form = SettingsForm(request.POST or None, instance=queries.settings_of(access.project), project=access.project)
    context = {"access": access, "page": "attack", "form": form}
    if request.method != "POST":
        return render(request, "attacks/settings.html", context)
    tried = attempt(
        form,
        lambda: actions.update_attack_settings(project=access.project, by=access.user, **form.cleaned_data),
    )
    if not tried.is_done:
        return render(request, "attacks/settings.html", context, status=tried.status)
    messages.success(request, "Saved. It holds from the next message on.")
    return redirect("attacks:settings", access.project.slug)


@require_safe
@require_role(Role.LEAD)
def report(request: PageRequest, access: Access) -> HttpResponse:
    """Show how often attacks succeeded, by the labels that others gave."""
    found = queries.report_on(access.project)
    tables = [
        ("Model", found.by_target),
        ("Technique", found.by_technique),
        ("Goal", found.by_goal),
    ]
    context = {"access": access, "page": "attack", "report": found, "tables": tables}
    return render(request, "attacks/report.html", context)
