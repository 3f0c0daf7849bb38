"""Anonymise a member."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from corpus.access import Access, PageRequest, Role, require_role, require_site_admin
from corpus.models import Member
from workspace import actions


@require_POST
@require_role(Role.ADMIN, also_archived=True)  # it is the account that changes
def anonymise(request: PageRequest, access: Access, user: int) -> HttpResponse:
    """Anonymise a member for good, if their name was typed to confirm it."""
    require_site_admin(access)
    member = get_object_or_404(Member.objects.select_related("user"), project=access.project, user=user)
    if request.POST.get("confirm") != member.user.username:
        messages.error(request, "Nothing was done: the name you typed is not theirs.")
        return redirect("workspace:member", access.project.slug, user)
    new = actions.anonymise_user(user=member.user, by=access.user)
    messages.success(request, f"The account is called {new} now, and nobody can sign in to it. Their votes stay.")
    return redirect("workspace:members", access.project.slug)
