"""Page URLs of annotation, under /projects/SLUG/."""

from django.urls import path

from annotation.views import guideline, label, practice, qualification, qualify, queue, votes, wellbeing, work

app_name = "annotation"
urlpatterns = [
    path("work/", work.work, name="work"),
    path("label/", label.label, name="label"),
    path("label/next/", label.take_next, name="next"),
    path("label/show/", label.show, name="show"),
    path("label/vote/", label.vote, name="vote"),
    path("label/skip/", label.skip, name="skip"),
    path("label/renew/", label.renew, name="renew"),
    path("qualify/", qualify.qualify, name="qualify"),
    path("qualify/begin/", qualify.begin, name="begin-attempt"),
    path("qualify/show/", qualify.show, name="show-attempt-item"),
    path("qualify/answer/", qualify.answer, name="answer-attempt-item"),
    path("qualify/attempts/<int:number>/", qualify.result, name="qualify-result"),
    path("practice/", practice.practice, name="practice"),
    path("practice/<int:gold>/", practice.practise, name="practise"),
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
    path("queue/qualification/", qualification.qualification, name="qualification"),
    path("queue/qualification/settings/", qualification.settings, name="qualification-settings"),
    path("queue/qualification/use/", qualification.use, name="use-gold"),
    path("queue/qualification/people/<int:user>/grant/", qualification.grant, name="grant-attempt"),
    path("queue/expected/", queue.expected, name="expected"),
]
