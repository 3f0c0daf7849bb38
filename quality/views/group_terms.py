"""The list of terms by which identity groups are found: shown, changed version by version, and downloaded."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from corpus import queries
from corpus.access import Access, PageRequest, Role, require_role
from corpus.actions import change_group_terms
from corpus.attempt import attempt
from corpus.groups.terms import TermList
from quality.forms import GroupTermsForm

MADE = "Version {} is made. The next measurement goes by it; it begins by itself within some minutes."


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def group_terms(request: PageRequest, access: Access) -> HttpResponse:
    """Show the list and its versions, and make the next. `from` is an earlier version to begin with."""
    listed, status = queries.group_terms(access.project), 200
    start = start_of(access, request.GET.get("from", "")) or listed
    first = {"terms": start.terms.csv, "after": listed.version}
    form = GroupTermsForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST":
        tried = attempt(form, lambda: change(access, form))
        if tried.is_done:
            messages.success(request, MADE.format(tried.result))
            return redirect("quality:group-terms", access.project.slug)
        status = tried.status
    context = {
        "access": access,
        "page": "quality",
        "form": form,
        "listed": listed,
        "start": start,
        "groups": group_rows(listed.terms),
        "versions": queries.group_term_versions(access.project),
        "found": queries.group_search(access.project),
        "is_editing": request.method == "POST" or start is not listed,
    }
    return render(request, "quality/group_terms.html", context, status=status)


def change(access: Access, form: GroupTermsForm) -> int:
    """Make the next version from a valid form, and return its number."""
    values = {"note": form.cleaned_data["note"], "after": form.cleaned_data["after"]}
    content = form.cleaned_data["terms"]
    return change_group_terms(project=access.project, by=access.user, content=content, **values).version


def start_of(access: Access, asked: str) -> queries.ListedTerms | None:
    """Return the version of an address to begin the next one with; None if it names none."""
    is_number = asked.isascii() and asked.isdecimal() and len(asked) < 10
    return queries.find_group_terms(access.project, int(asked)) if is_number else None


def group_rows(terms: TermList) -> list[dict[str, object]]:
    """Return each group with its terms; phrases to ignore and bound words are not among them."""
    words: dict[str, list[str]] = {group: [] for group in terms.groups}
    for term in terms.terms:
        if term.names_group and term.text not in words[term.group]:
            words[term.group].append(term.text)
    return [{"group": group, "attribute": terms.groups[group], "terms": found} for group, found in words.items()]


@require_safe
@require_role(Role.LEAD)
def download(_request: PageRequest, access: Access, terms: int) -> HttpResponse:
    """
    Send a version of the list as CSV.

    :raises Http404: if there is none with that number
    """
    listed = queries.find_group_terms(access.project, terms) if terms < 2**31 else None
    if listed is None:
        raise Http404(f"The list of terms has no version {terms}.")
    name = f"{access.project.slug}.terms-{terms}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(listed.terms.csv, content_type="text/csv; charset=utf-8", headers=headers)
