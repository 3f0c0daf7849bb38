"""The REST routes of all apps, under /api/v1/ (docs/api.md)."""

from django.urls import include, path, re_path

from adjudication.api import cases as adjudication
from adjudication.api import comments, policies, questions, taxonomy
from adjudication.api.history import ItemHistory
from annotation.api import background
from annotation.api import labelling as annotation
from attacks.api import attacks
from corpus.api.base import NotThere
from corpus.api.groups import GroupTermsView
from guards.api import evaluations as guards
from guards.api import hash_lists, training, twins
from jury import api as jury
from quality.api import CertifiedLabels, Metrics, PerspectivesView
from releases.api import consumers, export, releases
from workspace.api import items, jobs, projects
from workspace.api.generate import Generate
from workspace.api.releases import PushRelease, Releases

# Routes with a number, each at its own path and also below its project.
NUMBERED = [
    path("my-votes/<int:vote>/correct/", annotation.CorrectVote.as_view()),
    path("jurors/<int:juror>/", jury.JurorDetail.as_view()),
    path("jurors/<int:juror>/try/", jury.TryJuror.as_view()),
    path("generators/<int:generator>/", jury.GeneratorDetail.as_view()),
    path("generators/<int:generator>/try/", jury.TryGenerator.as_view()),
    path("generators/<int:generator>/generate/", Generate.as_view()),
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
    path("jobs/<int:job>/", jobs.JobDetail.as_view()),
    path("jobs/<int:job>/refused/", jobs.RejectedRows.as_view()),
]
PROJECT = [
    path("", projects.ProjectSettings.as_view()),
    path("file/", projects.ProjectFile.as_view()),
    path("clone/", projects.CloneProject.as_view()),
    path("archive/", projects.ArchiveProject.as_view()),
    path("restore/", projects.RestoreProject.as_view()),
    path("progress/", annotation.Progress.as_view()),
    path("next/", annotation.Next.as_view()),
    path("renew/", annotation.RenewLease.as_view()),
    path("items/<path:external_id>/vote/", annotation.CastVote.as_view()),
    path("items/<path:external_id>/skip/", annotation.SkipItem.as_view()),
    path("my-votes/", annotation.MyVotes.as_view()),
    path("queue/", annotation.QueueSettings.as_view()),
    path("about-me/", background.AboutMe.as_view()),
    path("background/", background.BackgroundQuestions.as_view()),
    path("background/<slug:key>/", background.BackgroundQuestionDetail.as_view()),
    path("sample/", annotation.Sample.as_view()),
    path("jurors/", jury.Jurors.as_view()),
    path("prompts/", jury.Prompts.as_view()),
    path("prompts/<slug:prompt>/", jury.PromptDetail.as_view()),
    path("generators/", jury.Generators.as_view()),
    path("jury-runs/", jury.Runs.as_view()),
    path("items/", items.Items.as_view()),
    path("items/import/", jobs.Upload.as_view()),
    path("items/<path:external_id>/withdraw/", items.WithdrawItem.as_view()),
    path("items/<path:external_id>/restore/", items.RestoreItem.as_view()),
    path("items/<path:external_id>/correct/", items.CorrectItem.as_view()),
    path("jobs/", jobs.Jobs.as_view()),
    path("releases/", Releases.as_view()),
    path("releases/<str:version>/", releases.ReleaseDetail.as_view()),
    path("releases/<str:version>/push/", PushRelease.as_view()),
    path("releases/<str:version>/files/<str:name>", releases.ReleaseFile.as_view()),
    path("releases/<str:version>/training/", training.TrainingData.as_view()),
    path("export/", export.Export.as_view()),
    path("export-for/<str:consumer>/", consumers.ExportFor.as_view()),
    path("items/<path:external_id>/comments/", comments.Comments.as_view()),
    path("items/<path:external_id>/comments/<int:comment>/remove/", comments.RemoveComment.as_view()),
    path("items/<path:external_id>/history/", ItemHistory.as_view()),
    path("metrics/", Metrics.as_view()),
    path("certified/", CertifiedLabels.as_view()),
    path("perspectives/", PerspectivesView.as_view()),
    path("group-terms/", GroupTermsView.as_view()),
    path("guards/benchmarks/", guards.Benchmarks.as_view()),
    path("guards/benchmarks/<slug:benchmark>/contamination/", guards.BenchmarkContamination.as_view()),
    path("guards/twins/", twins.Twins.as_view()),
    path("guards/hash-lists/", hash_lists.HashLists.as_view()),
    path("guards/hash-lists/<slug:hash_list>/", hash_lists.HashListDetail.as_view()),
    path("guards/hash-lists/<slug:hash_list>/compare/", hash_lists.CompareHashList.as_view()),
    path("guards/hash-lists/<slug:hash_list>/remove/", hash_lists.RemoveHashList.as_view()),
    path("guards/evaluations/", guards.Evaluations.as_view()),
    path("guards/evaluations/<int:evaluation>/", guards.EvaluationDetail.as_view()),
    path("guards/evaluations/<int:evaluation>/verdicts/", guards.Verdicts.as_view()),
    path("attacks/", attacks.Attacks.as_view()),
    path("attacks/room/", attacks.Room.as_view()),
    path("attacks/consent/", attacks.Consent.as_view()),
    path("attacks/report/", attacks.AttackReport.as_view()),
    path("attacks/<int:conversation>/", attacks.AttackDetail.as_view()),
    path("attacks/<int:conversation>/turns/", attacks.Turns.as_view()),
    path("attacks/<int:conversation>/finish/", attacks.FinishAttack.as_view()),
    path("attacks/<int:conversation>/discard/", attacks.DiscardAttack.as_view()),
    path("recount/", policies.Recount.as_view()),
    path("questions/", questions.Questions.as_view()),
    path("questions/<slug:key>/", questions.QuestionDetail.as_view()),
    path("taxonomy/", taxonomy.Taxonomy.as_view()),
    path("policy/", policies.Policy.as_view()),
    path("policy/compare/", policies.ComparePolicy.as_view()),
    path("cases/", adjudication.Cases.as_view()),
    path("cases/next/", adjudication.NextCase.as_view()),
    *NUMBERED,
]
urlpatterns = [
    path("projects/", projects.Projects.as_view()),
    path("projects/<slug:slug>/", include(PROJECT)),
    *NUMBERED,
    re_path("", NotThere.as_view()),
]
