"""The categories of a version as a file."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.categories.files import write_csv, write_json
from corpus.models import Taxonomy
from corpus.taxonomy_versions import content_of, versions_up_to

FORMATS = {"json": (write_json, "application/json"), "csv": (write_csv, "text/csv; charset=utf-8")}


@require_safe
@require_role(Role.LEAD)
def download(request: PageRequest, access: Access) -> HttpResponse:
    """Download the categories in the form that can be imported again."""
    format_ = request.GET.get("format", "json")
    if format_ not in FORMATS:
        raise Http404(f"There is no format {format_!r}.")
    version = version_named(access, request.GET.get("version", ""))
    write, kind = FORMATS[format_]
    name = f"{version.name}-v{version.version}.{format_}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(write(content_of(version)), content_type=kind, headers=headers)


def version_named(access: Access, version: str) -> Taxonomy:
    """
    Return a version of the project's taxonomy, as in `aegis2 v1`; the present one without a name.

    :raises Http404: if there is none
    """
    for each in versions_up_to(access.project.taxonomy):
        if not version or str(each) == version:
            return each
    raise Http404(f"There is no version {version!r}.")
