"""The pages of all apps."""

from allauth.account import views as account
from allauth.socialaccount import views as socialaccount
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from annotation.views.wellbeing import consent
from config.accounts import InvitationView
from config.docs import Schema, docs
from config.oidc import PROVIDER
from config.single_sign_on import callback, start
from workspace.views import home, notifications, projects, tokens

# Only what we want of allauth: nothing of it that has to do with mail. Names it reverses itself are kept.
account_urls = [
    path("login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("signup/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:grant>/revoke/", tokens.revoke, name="revoke-token"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/confirm/<token>/", notifications.confirm, name="confirm-address"),
    path("notifications/stop/<token>/", notifications.stop, name="stop-digests"),
    path("single-sign-on/", socialaccount.connections, name="socialaccount_connections"),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("new-project/", projects.new_project, name="new-project"),
    path("new-project/from-file/", projects.from_file, name="new-project-from-file"),
    path("sign-in/", account.login, name="sign-in"),
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/oidc/", start, name="single-sign-on"),
    path("sign-in/stopped/", socialaccount.login_cancelled, name="socialaccount_login_cancelled"),
    re_path(rf"^sign-in/(?P<provider_id>{PROVIDER})/callback/$", callback, name="openid_connect_callback"),
    path("sign-out/", account.logout, name="sign-out"),
    path("sign-out/", account.logout, name="account_logout"),
    path("account/", include(account_urls)),
    path("invitation/<uidb64>/<token>/", InvitationView.as_view(), name="accept-invitation"),
    path("consent/", consent, name="consent"),
    path("projects/<slug:slug>/", include("annotation.urls")),
    path("projects/<slug:slug>/", include("jury.urls")),
    path("projects/<slug:slug>/", include("adjudication.urls")),
    path("projects/<slug:slug>/", include("quality.urls")),
    path("projects/<slug:slug>/", include("releases.urls")),
    path("projects/<slug:slug>/", include("guards.urls")),
    path("projects/<slug:slug>/", include("attacks.urls")),
    path("projects/<slug:slug>/", include("workspace.urls")),
    path("api/schema/", Schema.as_view(), name="schema"),
    path("api/docs/", docs, name="docs"),
    path("api/v1/", include("config.api")),
]

handler403 = "config.error_pages.not_allowed"
handler404 = "config.error_pages.not_found"
handler500 = "config.errors.server_error"
