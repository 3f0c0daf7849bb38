from django.contrib.auth import views as auth
from django.urls import include, path

from adjudication import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", auth.LoginView.as_view(template_name="account/sign_in.html"), name="sign-in"),
    path("sign-out/", auth.LogoutView.as_view(), name="sign-out"),
    path(
        "invitation/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(template_name="account/accept_invitation.html", success_url="/sign-in/"),
        name="accept-invitation",
    ),
    path("api/v1/", include("config.api")),
]
