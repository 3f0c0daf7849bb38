"""The pages of what stands in a benchmark or in a list of hashes, and of the lists themselves."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.errors import Refused
from guards import actions, queries
from guards.forms import HashListForm
from guards.models import Benchmark, Comparison, HashList
from guards.tasks import enqueue_comparison


@require_safe
@require_role(Role.LEAD)
def contamination(request: PageRequest, access: Access, benchmark: str) -> HttpResponse:
    """Show which dialogues stand in a benchmark."""
    try:
        found = queries.find_benchmark(access.project, benchmark)
    except queries.NoSuchBenchmark as error:
        raise Http404(str(error)) from error
    return show_report(request, access, found, {"benchmark": found})


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def hash_list(request: PageRequest, access: Access, hash_list: str) -> HttpResponse:
    """Show which dialogues have a text with a hash of a list; compare again or remove it, depending on the button."""
    try:
        found = queries.find_hash_list(access.project, hash_list)
    except queries.NoSuchHashList as error:
        raise Http404(str(error)) from error
    if request.method != "POST":
        return show_report(request, access, found, {"hash_list": found})
    if request.POST.get("do") == "remove":
        return remove(request, access, found)
    enqueue_comparison(found.pk)
    messages.success(request, "A worker compares the dialogues with it now. Load this page again in a moment.")
    return redirect("guards:hash-list", access.project.slug, found.name)


def remove(request: PageRequest, access: Access, hash_list: HashList) -> HttpResponse:
    """
    Remove a list of hashes.

    :raises Refused: if the box that says so is not ticked
    """
    if request.POST.get("is_sure") != "yes":
        raise Refused("Nothing was removed. Tick the box beside the button to remove this list.")
    actions.remove_hash_list(hash_list=hash_list, by=access.user)
    messages.success(request, f"The list {hash_list.name} is removed.")
    return redirect(benchmarks_page(access))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def add_hash_list(request: PageRequest, access: Access) -> HttpResponse:
    """Take in a list of hashes; a GET leads to the list of benchmarks."""
    if request.method != "POST":
        return redirect(benchmarks_page(access))
    form = HashListForm(request.POST, request.FILES)
    added = attempt(form, lambda: keep_hashes(access, form), refused_field="file")
    if added.is_done:
        messages.success(request, f"{added.result.rows:,} hashes are kept. A worker compares the dialogues with them.")
        return redirect("guards:hash-list", access.project.slug, added.result.name)
    context = {"access": access, "page": "guards", "form": form}
    return render(request, "guards/add_hash_list.html", context, status=added.status)


def keep_hashes(access: Access, form: HashListForm) -> HashList:
    """
    :raises Refused: if a line is no hash, there are none or too many, or the name is taken
    """
    data = form.cleaned_data
    made = actions.add_hash_list(
        project=access.project,
        name=data["name"],
        task=data["task"],
        content=data["file"],
        file=data["file"].name,
        by=access.user,
    )
    enqueue_comparison(made.pk)
    return made


def benchmarks_page(access: Access) -> str:
    """Return the address of the list of benchmarks."""
    return reverse("guards:guards", args=[access.project.slug]) + "?tab=benchmarks"


def show_report(
    request: PageRequest, access: Access, source: Benchmark | HashList, context: dict[str, Any]
) -> HttpResponse:
    """Render the last comparison with a benchmark or a list of hashes."""
    report: Comparison | None = getattr(source, "contamination", None)
    context |= {
        "access": access,
        "page": "guards",
        "source": source,
        "report": report,
        "is_current": report is not None and report.items_version == access.project.items_version,
        "examples": [each | {"percent": 100 * each["similarity"]} for each in report.examples] if report else [],
    }
    return render(request, "guards/contamination.html", context)
