"""The REST routes of all apps, under /api/v1/ (docs/api.md)."""

from django.urls import include, path

from adjudication import api as adjudication
from adjudication import export_api, items_api, jobs_api, quality_api, releases_api
from annotation import api as annotation
from corpus import api as corpus
from jury import api as jury

PROJECT = [
    path("", corpus.ProjectDetail.as_view()),
    path("progress/", annotation.Progress.as_view()),
    path("next/", annotation.Next.as_view()),
    path("renew/", annotation.RenewLease.as_view()),
    path("items/<path:external_id>/vote/", annotation.CastVote.as_view()),
    path("items/<path:external_id>/skip/", annotation.SkipItem.as_view()),
    path("my-votes/", annotation.MyVotes.as_view()),
    path("my-votes/<int:vote>/correct/", annotation.CorrectVote.as_view()),
    path("jurors/", jury.Jurors.as_view()),
    path("jury-runs/", jury.Runs.as_view()),
    path("jury-runs/<int:run>/", jury.RunDetail.as_view()),
    path("jury-runs/<int:run>/<slug:verb>/", jury.RunChange.as_view()),
    path("items/", items_api.Items.as_view()),
    path("items/import/", jobs_api.Upload.as_view()),
    path("jobs/", jobs_api.Jobs.as_view()),
    path("jobs/<int:job>/", jobs_api.JobDetail.as_view()),
    path("jobs/<int:job>/refused/", jobs_api.RefusedRows.as_view()),
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
    path("cases/<int:case>/", adjudication.CaseDetail.as_view()),
    path("cases/<int:case>/<slug:verb>/", adjudication.CaseChange.as_view()),
]
urlpatterns = [
    path("projects/", corpus.ProjectList.as_view()),
    path("projects/<slug:slug>/", include(PROJECT)),
    path("my-votes/<int:vote>/correct/", annotation.CorrectVote.as_view()),
    path("jury-runs/<int:run>/", jury.RunDetail.as_view()),
    path("jury-runs/<int:run>/<slug:verb>/", jury.RunChange.as_view()),
    path("cases/<int:case>/", adjudication.CaseDetail.as_view()),
    path("cases/<int:case>/<slug:verb>/", adjudication.CaseChange.as_view()),
    path("jobs/<int:job>/", jobs_api.JobDetail.as_view()),
    path("jobs/<int:job>/refused/", jobs_api.RefusedRows.as_view()),
]
