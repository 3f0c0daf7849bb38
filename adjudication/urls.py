from django.urls import path

from adjudication import other_views, panel_views

app_name = "adjudication"
urlpatterns = [
    path("other/", other_views.others, name="others"),
    path("other/add/", other_views.add, name="add-category"),
    path("jury/panel/", panel_views.panel, name="panel"),
]
