"""URLs of the jury's pages, within a project."""

from django.urls import path

from jury.views import generated, jurors, prompts, runs

app_name = "jury"
urlpatterns = [
    path("jury/", jurors.jury, name="jury"),
    path("jury/jurors/", jurors.add, name="add-juror"),
    path("jury/generators/", jurors.add_generator, name="add-generator"),
    path("jury/jurors/<int:juror>/", jurors.juror, name="juror"),
    path("jury/jurors/<int:juror>/try/", jurors.show_trial, name="try"),
    path("jury/prompts/", prompts.prompts, name="prompts"),
    path("jury/prompts/new/", prompts.new_draft, name="new-draft"),
    path("jury/prompts/drafts/<int:draft>/", prompts.draft, name="draft"),
    path("jury/prompts/drafts/<int:draft>/try/", prompts.try_draft, name="try-draft"),
    path("jury/prompts/of/<slug:prompt>/", prompts.prompt, name="prompt"),
    path("jury/runs/", runs.runs, name="runs"),
    path("jury/runs/new/", runs.new_run, name="new-run"),
    path("jury/runs/<int:run>/", runs.run, name="run"),
    path("jury/runs/<int:run>/change/", runs.change, name="change-run"),
    path("jury/generated/", generated.generated_responses, name="generated-responses"),
    path("jury/generated/<int:response>/", generated.generated_response, name="generated"),
]
