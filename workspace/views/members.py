"""Pages of the members of a project: roles, invitations and each member's figures."""

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
    """List the members, with a form to invite one."""
    return show_members(request, access, InviteForm())


@require_POST
@require_role(Role.ADMIN)
def invite(request: PageRequest, access: Access) -> HttpResponse:
    """Add a member, and show the link by which they set their password, which is shown only once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return show_members(request, access, form, status=422)
    made = add_member(project=access.project, by=access.user, **form.cleaned_data)
    link = "" if made.user.has_usable_password() else invitation_url(made.user)
    return show_members(request, access, InviteForm(), invited=made.user, link=link)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def member(request: PageRequest, access: Access, user: int) -> HttpResponse:
    """Show a member with figures, role and tokens, or change what the pressed button says."""
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
    """Do what the pressed button says; by default, change the role."""
    changes = {
        "revoke": revoke_member_token,
        "remove": remove,
        "close": set_account_active,
        "open": set_account_active,
        "link": show_new_link,
    }
    return changes.get(request.POST.get("do", ""), set_role)(request, access, member)


def revoke_member_token(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Revoke a token of a member."""
    number = request.POST.get("grant", "")
    pk = int(number) if number.isascii() and number.isdigit() else 0
    grant = get_object_or_404(TokenGrant, pk=pk, token__user=member.user)
    revoke_token(grant=grant, by=access.user)
    messages.success(request, f"“{grant.name}” no longer works.")
    return redirect("workspace:member", access.project.slug, member.user.pk)


def remove(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Remove a member from the project."""
    remove_member(project=access.project, user=member.user, by=access.user)
    messages.success(request, f"{member.user.username} is no longer in this project. Their votes stay.")
    return redirect("workspace:members", access.project.slug)


def set_account_active(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Open or close the account of a member."""
    is_active = request.POST.get("do") == "open"
    set_active(user=member.user, is_active=is_active, by=access.user)
    messages.success(request, f"The account of {member.user.username} is {'open' if is_active else 'closed'}.")
    return redirect("workspace:member", access.project.slug, member.user.pk)


def show_new_link(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Show a new link by which a member sets their password."""
    return show_members(request, access, InviteForm(), invited=member.user, link=invitation_url(member.user))


def set_role(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Change the role of a member."""
    form = RoleForm(request.POST)
    if form.is_valid():
        change_role(project=access.project, user=member.user, by=access.user, **form.cleaned_data)
        messages.success(request, f"{member.user.username} is {form.cleaned_data['role']} now.")
    return redirect("workspace:member", access.project.slug, member.user.pk)


def show_members(
    request: PageRequest,
    access: Access,
    form: InviteForm,
    *,
    invited: User | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the list of members, with the link of an invitation if there is one."""
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
