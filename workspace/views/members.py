"""Who is in a project, as what, and one's own numbers for a talk with them."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import queries
from annotation.queries import annotator_checks
from corpus.access import Access, PageRequest, Role, require_role
from corpus.actions import add_member, change_role, remove_member, revoke_token, set_active
from corpus.invitations import invitation_url
from corpus.models import Member, TokenGrant
from corpus.queries import tokens_of
from workspace.forms.members import InviteForm, RoleForm


@require_safe
@require_role(Role.ADMIN)
def members(request: PageRequest, access: Access) -> HttpResponse:
    return show_members(request, access, InviteForm())


@require_POST
@require_role(Role.ADMIN)
def invite(request: PageRequest, access: Access) -> HttpResponse:
    """Make somebody a member, and show the link with which they set their password; it is shown this once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return show_members(request, access, form, status=422)
    made = add_member(project=access.project, by=access.user, **form.cleaned_data)
    link = "" if made.user.has_usable_password() else invitation_url(made.user)
    return show_members(request, access, InviteForm(), invited=made.user, link=link)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def member(request: PageRequest, access: Access, user: int) -> HttpResponse:
    """One member: their numbers, their role, and whether they may come in."""
    found = get_object_or_404(Member.objects.select_related("user"), project=access.project, user=user)
    if request.method == "POST":
        return change(request, access, found)
    numbers = annotator_checks(access.project, found.user)
    context = {
        "access": access,
        "page": "members",
        "member": found,
        "form": RoleForm(initial={"role": found.role}),
        "numbers": numbers[0] if numbers else None,
        "grants": tokens_of(found.user),
        "audits": queries.audits_for(access.project, found.user)[:20],
    }
    return render(request, "workspace/member.html", context)


def change(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    user, verb = member.user, request.POST.get("do")
    if verb == "revoke":
        number = request.POST.get("grant", "")
        grant = get_object_or_404(
            TokenGrant, pk=number if number.isascii() and number.isdigit() else 0, token__user=user
        )
        revoke_token(grant=grant, by=access.user)
        messages.success(request, f"“{grant.name}” no longer works.")
        return redirect("workspace:member", access.project.slug, user.pk)
    if verb == "remove":
        remove_member(project=access.project, user=user, by=access.user)
        messages.success(request, f"{user.username} is no longer in this project. Their votes stay.")
        return redirect("workspace:members", access.project.slug)
    if verb in ("close", "open"):
        set_active(user=user, is_active=verb == "open", by=access.user)
        messages.success(request, f"The account of {user.username} is {'open' if verb == 'open' else 'closed'}.")
    elif verb == "link":
        return show_members(request, access, InviteForm(), invited=user, link=invitation_url(user))
    else:
        form = RoleForm(request.POST)
        if form.is_valid():
            change_role(project=access.project, user=user, by=access.user, **form.cleaned_data)
            messages.success(request, f"{user.username} is {form.cleaned_data['role']} now.")
    return redirect("workspace:member", access.project.slug, user.pk)


def show_members(
    request: PageRequest,
    access: Access,
    form: InviteForm,
    *,
    invited: User | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = Member.objects.filter(project=access.project).select_related("user").order_by("user__username")
    context = {
        "access": access,
        "page": "members",
        "members": rows,
        "form": form,
        "invited": invited,
        "link": link,
    }
    return render(request, "workspace/members.html", context, status=status)
