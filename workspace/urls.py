"""Pages of a project: its settings, members, items, imports, releases, generated responses and webhooks."""

from django.urls import path

from workspace.views import anonymise, generate, imports, items, members, overview, project, releases, webhooks

app_name = "workspace"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("settings/", project.project, name="project"),
    path("settings/archive/", project.archive, name="archive"),
    path("settings/restore/", project.restore, name="restore"),
    path("people/", members.members, name="members"),
    path("people/invite/", members.invite, name="invite"),
    path("people/<int:user>/", members.member, name="member"),
    path("people/<int:user>/anonymise/", anonymise.anonymise, name="anonymise"),
    path("jury/generate/", generate.generate, name="generate"),
    path("items/", items.items, name="items"),
    path("imports/", imports.imports, name="imports"),
    path("imports/upload/", imports.upload, name="upload"),
    path("imports/<int:job>/refused/", imports.rejected_rows, name="rejected-rows"),
    path("data/", imports.data, name="data"),
    path("releases/", releases.releases, name="releases"),
    path("releases/make/", releases.make_release, name="make-release"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<int:webhook>/", webhooks.webhook, name="webhook"),
]
