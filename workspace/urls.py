"""Pages of a project: members, data, releases and generated responses."""

from django.urls import path

from workspace.views import anonymise, data, generate, members, overview, releases

app_name = "workspace"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("people/", members.members, name="members"),
    path("people/invite/", members.invite, name="invite"),
    path("people/<int:user>/", members.member, name="member"),
    path("people/<int:user>/anonymise/", anonymise.anonymise, name="anonymise"),
    path("jury/generate/", generate.generate, name="generate"),
    path("data/", data.data, name="data"),
    path("data/upload/", data.upload, name="upload"),
    path("data/jobs/<int:job>/refused/", data.rejected_rows, name="rejected-rows"),
    path("releases/", releases.releases, name="releases"),
    path("releases/make/", releases.make_release, name="make-release"),
]
