from django.urls import path

from jury import views

app_name = "jury"
urlpatterns = [
    path("jury/", views.jury, name="jury"),
    path("jury/jurors/", views.add, name="add-juror"),
    path("jury/generators/", views.add_generator, name="add-generator"),
    path("jury/jurors/<int:juror>/", views.juror, name="juror"),
    path("jury/jurors/<int:juror>/try/", views.try_it, name="try"),
    path("jury/runs/", views.convene, name="convene"),
    path("jury/runs/<int:run>/", views.run, name="run"),
    path("jury/runs/<int:run>/change/", views.change, name="change-run"),
    path("jury/ballots/<int:ballot>/", views.ballot, name="ballot"),
    path("jury/writings/<int:writing>/", views.writing, name="writing"),
]
