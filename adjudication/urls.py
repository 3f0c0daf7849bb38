from django.urls import path

from adjudication import generate_views, other_views, panel_views

app_name = "adjudication"
urlpatterns = [
    path("other/", other_views.others, name="others"),
    path("other/add/", other_views.add, name="add-category"),
    path("jury/panel/", panel_views.panel, name="panel"),
    path("jury/generate/", generate_views.generate, name="generate"),
]
