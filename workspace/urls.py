"""Pages of a project: its settings, members, items, imports, releases, generated responses and webhooks."""

from django.urls import path

from workspace.views import (
    anonymise,
    generate,
    imports,
    item_changes,
    items,
    members,
    overview,
    previews,
    project,
    releases,
    webhooks,
)

app_name = "workspace"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("settings/", project.project, name="project"),
    path("settings/save/", project.save, name="save-settings"),
    path("settings/file/", project.project_file, name="project-file"),
    path("settings/clone/", project.clone, name="clone"),
    path("settings/archive/", project.archive, name="archive"),
    path("settings/restore/", project.restore, name="restore"),
    path("people/", members.members, name="members"),
    path("people/invite/", members.invite, name="invite"),
    path("people/<int:user>/", members.member, name="member"),
    path("people/<int:user>/anonymise/", anonymise.anonymise, name="anonymise"),
    path("jury/generate/", generate.generate, name="generate"),
    path("items/", items.items, name="items"),
    path("items/change/", item_changes.change_many, name="change-items"),
    path("items/<path:external_id>/change/", item_changes.item, name="change-item"),
    path("items/<path:external_id>/withdraw/", item_changes.withdraw, name="withdraw-item"),
    path("items/<path:external_id>/restore/", item_changes.restore, name="restore-item"),
    path("items/<path:external_id>/correct/", item_changes.correct, name="correct-item"),
    path("imports/", imports.imports, name="imports"),
    path("imports/upload/", imports.upload, name="upload"),
    path("imports/<int:job>/", previews.preview, name="import-preview"),
    path("imports/<int:job>/start/", previews.start, name="start-import"),
    path("imports/<int:job>/discard/", previews.discard, name="discard-upload"),
    path("imports/<int:job>/refused/", imports.rejected_rows, name="rejected-rows"),
    path("data/", imports.data, name="data"),
    path("releases/", releases.releases, name="releases"),
    path("releases/make/", releases.make_release, name="make-release"),
    path("releases/of/<str:version>/push/", releases.push_release, name="push-release"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<int:webhook>/", webhooks.webhook, name="webhook"),
]
