"""Pages of one release, its files, and the comparison of two."""

from django.urls import path

from releases import views

app_name = "releases"
urlpatterns = [
    path("releases/compare/", views.compare, name="compare"),
    path("releases/of/<str:version>/", views.release, name="release"),
    path("releases/of/<str:version>/for/<str:consumer>/", views.consumer_files, name="consumer"),
    path("releases/of/<str:version>/<str:name>", views.release_file, name="file"),
]
