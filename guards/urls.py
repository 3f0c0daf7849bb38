"""URLs of the pages of guards, within a project."""

from django.urls import path

from guards.views import contamination, evaluations, guards, twins

app_name = "guards"
urlpatterns = [
    path("guards/", guards.guards, name="guards"),
    path("guards/benchmarks/<slug:benchmark>/", contamination.contamination, name="contamination"),
    path("guards/twins/", twins.make, name="make-twins"),
    path("guards/hash-lists/", contamination.add_hash_list, name="add-hash-list"),
    path("guards/hash-lists/<slug:hash_list>/", contamination.hash_list, name="hash-list"),
    path("guards/evaluations/", guards.evaluate, name="evaluate"),
    path("guards/evaluations/new/", guards.new_evaluation, name="new-evaluation"),
    path("guards/evaluations/<int:evaluation>/", evaluations.evaluation, name="evaluation"),
    path("guards/evaluations/<int:evaluation>/change/", evaluations.change, name="change-evaluation"),
    path("guards/evaluations/<int:evaluation>/wrong/", evaluations.wrong, name="wrong"),
    path("guards/evaluations/<int:evaluation>/compare/", evaluations.compare, name="compare"),
]
