"""The REST routes of all apps, under /api/v1/ (docs/api.md)."""

from django.urls import include, path, re_path

from adjudication import api as adjudication
from adjudication import export_api, items_api, jobs_api, quality_api, releases_api
from annotation import api as annotation
from corpus import api as corpus
from jury import api as jury

# Found by their numbers alone, or in their project.
NUMBERED = [
    path("my-votes/<int:vote>/correct/", annotation.CorrectVote.as_view()),
    path("jury-runs/<int:run>/", jury.RunDetail.as_view()),
    path("jury-runs/<int:run>/pause/", jury.PauseRun.as_view()),
    path("jury-runs/<int:run>/resume/", jury.ResumeRun.as_view()),
    path("jury-runs/<int:run>/cancel/", jury.CancelRun.as_view()),
    path("cases/<int:case>/", adjudication.CaseDetail.as_view()),
    path("cases/<int:case>/claim/", adjudication.ClaimCase.as_view()),
    path("cases/<int:case>/release/", adjudication.ReleaseCase.as_view()),
    path("cases/<int:case>/blind/", adjudication.AnswerBlind.as_view()),
    path("cases/<int:case>/settle/", adjudication.SettleCase.as_view()),
    path("cases/<int:case>/send-back/", adjudication.SendBackCase.as_view()),
    path("cases/<int:case>/reopen/", adjudication.ReopenCase.as_view()),
    path("cases/<int:case>/ask-second/", adjudication.AskSecond.as_view()),
    path("jobs/<int:job>/", jobs_api.JobDetail.as_view()),
    path("jobs/<int:job>/refused/", jobs_api.RefusedRows.as_view()),
]
PROJECT = [
    path("", corpus.ProjectDetail.as_view()),
    path("progress/", annotation.Progress.as_view()),
    path("next/", annotation.Next.as_view()),
    path("renew/", annotation.RenewLease.as_view()),
    path("items/<path:external_id>/vote/", annotation.CastVote.as_view()),
    path("items/<path:external_id>/skip/", annotation.SkipItem.as_view()),
    path("my-votes/", annotation.MyVotes.as_view()),
    path("jurors/", jury.Jurors.as_view()),
    path("jury-runs/", jury.Runs.as_view()),
    path("items/", items_api.Items.as_view()),
    path("items/import/", jobs_api.Upload.as_view()),
    path("jobs/", jobs_api.Jobs.as_view()),
    path("releases/", releases_api.Releases.as_view()),
    path("releases/<str:version>/", releases_api.ReleaseDetail.as_view()),
    path("releases/<str:version>/files/<str:name>", releases_api.ReleaseFile.as_view()),
    path("export/", export_api.Export.as_view()),
    path("items/<path:external_id>/history/", adjudication.ItemHistory.as_view()),
    path("metrics/", quality_api.Metrics.as_view()),
    path("recount/", quality_api.Recount.as_view()),
    path("policy/", quality_api.Policy.as_view()),
    path("policy/compare/", quality_api.ComparePolicy.as_view()),
    path("cases/", adjudication.Cases.as_view()),
    path("cases/next/", adjudication.NextCase.as_view()),
    *NUMBERED,
]
urlpatterns = [
    path("projects/", corpus.ProjectList.as_view()),
    path("projects/<slug:slug>/", include(PROJECT)),
    *NUMBERED,
    re_path("", corpus.NotThere.as_view()),
]
