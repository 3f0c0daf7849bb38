"""URLs of the red-team room, within a project."""

from django.urls import path

from attacks.views import conversation, room, settings

app_name = "attacks"
urlpatterns = [
    path("attack/", room.room, name="room"),
    path("attack/consent/", room.consent, name="consent"),
    path("attack/start/", room.start, name="start"),
    path("attack/report/", settings.report, name="report"),
    path("attack/settings/", settings.change, name="settings"),
    path("attack/<int:conversation>/", conversation.conversation, name="conversation"),
    path("attack/<int:conversation>/send/", conversation.send, name="send"),
    path("attack/<int:conversation>/draft/", conversation.draft, name="draft"),
    path("attack/<int:conversation>/take-back/", conversation.take_back, name="take-back"),
    path("attack/<int:conversation>/finish/", conversation.finish, name="finish"),
    path("attack/<int:conversation>/discard/", conversation.discard, name="discard"),
]
