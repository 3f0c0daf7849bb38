"""URLs of the jury's pages, within a project."""

from django.urls import path

from jury.views import generated, jurors, runs

app_name = "jury"
urlpatterns = [
    path("jury/", jurors.jury, name="jury"),
    path("jury/jurors/", jurors.add, name="add-juror"),
    path("jury/generators/", jurors.add_generator, name="add-generator"),
    path("jury/jurors/<int:juror>/", jurors.juror, name="juror"),
    path("jury/jurors/<int:juror>/try/", jurors.show_trial, name="try"),
    path("jury/runs/", jurors.convene, name="convene"),
    path("jury/runs/<int:run>/", runs.run, name="run"),
    path("jury/runs/<int:run>/change/", runs.change, name="change-run"),
    path("jury/writings/<int:response>/", generated.generated_response, name="generated"),
]
