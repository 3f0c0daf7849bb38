"""Page URLs of annotation, under /projects/SLUG/."""

from django.urls import path

from annotation.views import guideline, label, queue, votes, wellbeing, work

app_name = "annotation"
urlpatterns = [
    path("work/", work.work, name="work"),
    path("label/", label.label, name="label"),
    path("label/next/", label.take_next, name="next"),
    path("label/show/", label.show, name="show"),
    path("label/vote/", label.vote, name="vote"),
    path("label/skip/", label.skip, name="skip"),
    path("label/renew/", label.renew, name="renew"),
    path("votes/", votes.votes, name="votes"),
    path("votes/<int:vote>/", votes.correct, name="correct"),
    path("guideline/", guideline.guideline, name="guideline"),
    path("guideline/edit/", guideline.edit, name="edit-guideline"),
    path("guideline/<str:version>/", guideline.guideline, name="guideline-version"),
    path("guideline/<str:before>/<str:after>/", guideline.compare_versions, name="compare-guidelines"),
    path("wellbeing/", wellbeing.wellbeing, name="wellbeing"),
    path("queue/", queue.queue, name="queue"),
    path("queue/settings/", queue.settings, name="queue-settings"),
    path("queue/batches/", queue.open_batch, name="open-batch"),
    path("queue/batches/<int:batch>/", queue.change_batch, name="change-batch"),
    path("queue/leases/<uuid:lease>/free/", queue.free_lease, name="free-lease"),
    path("queue/gold/", queue.gold, name="gold"),
    path("queue/expected/", queue.expected, name="expected"),
]
