"""Pages of a person's own API tokens."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from corpus.access import PageRequest
from corpus.actions import make_token, revoke_token
from corpus.models import TokenGrant
from corpus.queries import projects_of, tokens_of
from workspace.forms.tokens import TokenForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def tokens(request: PageRequest) -> HttpResponse:
    """List the person's tokens, or make a new one, which is shown only once."""
    user = cast("User", request.user)
    form = TokenForm(request.POST or None, projects=projects_of(user))
    secret = None
    if request.method == "POST" and form.is_valid():
        secret = make_token(user=user, **form.cleaned_data)
        form = TokenForm(projects=projects_of(user))
    context = {"form": form, "secret": secret, "grants": tokens_of(user)}
    return render(request, "workspace/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def revoke(request: PageRequest, grant: int) -> HttpResponse:
    """Revoke one of the person's own tokens."""
    user = cast("User", request.user)
    found = get_object_or_404(TokenGrant.objects.select_related("token", "project"), pk=grant, token__user=user)
    revoke_token(grant=found, by=user)
    messages.success(request, f"“{found.name}” no longer works.")
    return redirect("tokens")
