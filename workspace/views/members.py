"""Pages of the members of a project: roles, invitations and each member's figures."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import queries
from annotation.queries import annotator_checks, reading_paces
from corpus.access import Access, PageRequest, Role, require_role, require_site_admin
from corpus.actions import (
    AlreadyMember,
    add_member,
    make_site_admin,
    may_send_link,
    revoke_token,
    set_active,
)
from corpus.attempt import attempt
from corpus.invitations import invitation_url
from corpus.models import Member, TokenGrant
from corpus.queries import is_site_admin, open_site_admins, tokens_of
from workspace import actions
from workspace.actions import close_account, dismiss_member, dismiss_site_admin, leave_to_admins
from workspace.forms.members import InviteForm, RoleForm


@require_safe
@require_role(Role.ADMIN)
def members(request: PageRequest, access: Access) -> HttpResponse:
    """List the members, with a form to invite one."""
    return show_members(request, access, InviteForm())


@require_POST
@require_role(Role.ADMIN, also_archived=True)  # who may read it can change
def invite(request: PageRequest, access: Access) -> HttpResponse:
    """
    Add a member, and show the link by which they set their password, which is shown only once.

    Somebody who is a member already keeps their role.
    """
    form = InviteForm(request.POST)
    tried = attempt(
        form,
        lambda: add_new_member(access, form),
        refused_field="username",
    )
    if not tried.is_done:
        already = tried.refusal.member if isinstance(tried.refusal, AlreadyMember) else None
        return show_members(request, access, form, already=already, status=tried.status)
    user = tried.result
    link = invitation_url(user) if needs_link(user) and may_send_link(user, access.user) else ""
    return show_members(request, access, InviteForm(), invited=user, link=link)


@transaction.atomic
def add_new_member(access: Access, form: InviteForm) -> User:
    """
    Add the person that a valid form names, and return them, with a role that no group of the sign-in provider changes.

    :raises AlreadyMember: if they are one
    :raises Refused: as `add_member`
    """
    added = add_member(project=access.project, by=access.user, only_new=True, **form.cleaned_data)
    leave_to_admins(user=added.user, project=access.project)
    return added.user


def needs_link(user: User) -> bool:
    """Return whether a person has no password yet."""
    return not user.has_usable_password()


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN, also_archived=True)
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
        "pace": next(iter(reading_paces(access.project, found.user)), None),
        "grants": member_tokens(access, found),
        "is_site_admin": is_site_admin(found.user),
        "may_send_link": may_send_link(found.user, access.user),
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
        "make-site-admin": set_site_admin,
        "no-site-admin": set_site_admin,
        "link": show_new_link,
    }
    return changes.get(request.POST.get("do", ""), set_role)(request, access, member)


def revoke_member_token(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Revoke a token of a member."""
    number = request.POST.get("grant", "")
    pk = int(number) if number.isdecimal() and len(number) < 19 else 0  # PostgreSQL's numbers have 64 bits
    grant = next((each for each in member_tokens(access, member) if each.pk == pk), None)
    if grant is None:
        raise Http404
    revoke_token(grant=grant, by=access.user)
    messages.success(request, f"“{grant.name}” no longer works.")
    return redirect("workspace:member", access.project.slug, member.user.pk)


def member_tokens(access: Access, member: Member) -> list[TokenGrant]:
    """Return the tokens of a member that this admin may see and revoke: of this project, or all for a site admin."""
    return [each for each in tokens_of(member.user) if access.is_site_admin or each.project_id == access.project.pk]


def remove(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Remove a member from the project."""
    dismiss_member(project=access.project, user=member.user, by=access.user)
    messages.success(request, f"{member.user.username} is no longer in this project. Their votes stay.")
    return redirect("workspace:members", access.project.slug)


def set_account_active(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Open or close the account of a member; an account that is opened again needs a link."""
    require_site_admin(access)
    if request.POST.get("do") == "open":
        set_active(user=member.user, is_active=True, by=access.user)
        return show_new_link(request, access, member)
    close_account(user=member.user, by=access.user)
    messages.success(request, f"The account of {member.user.username} is closed.")
    return redirect("workspace:member", access.project.slug, member.user.pk)


def set_site_admin(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Make a member a site admin, or take that role from them."""
    require_site_admin(access)
    is_made = request.POST.get("do") == "make-site-admin"
    with transaction.atomic():
        (make_site_admin if is_made else dismiss_site_admin)(user=member.user, by=access.user)
        leave_to_admins(user=member.user, project=None)
    messages.success(request, f"{member.user.username} is {'a' if is_made else 'no'} site admin now.")
    return redirect("workspace:member", access.project.slug, member.user.pk)


def show_new_link(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """
    Show a new link by which a member sets their password.

    :raises PermissionDenied: if it would open more than this project
    """
    user = User.objects.get(pk=member.user.pk)
    if not may_send_link(user, access.user):
        raise PermissionDenied("This needs a site admin.")
    return show_members(request, access, InviteForm(), invited=user, link=invitation_url(user))


def set_role(request: PageRequest, access: Access, member: Member) -> HttpResponse:
    """Change the role of a member."""
    form = RoleForm(request.POST)
    if form.is_valid():
        actions.set_role(project=access.project, user=member.user, by=access.user, **form.cleaned_data)
        messages.success(
            request, f"{member.user.username} is {form.cleaned_data['role']} now, from the next page they open."
        )
    return redirect("workspace:member", access.project.slug, member.user.pk)


def show_members(
    request: PageRequest,
    access: Access,
    form: InviteForm,
    *,
    invited: User | None = None,
    link: str = "",
    already: Member | None = None,
    status: int = 200,
) -> HttpResponse:
    """
    Render the list of members, with the link of an invitation if there is one.

    :param already: the member whom somebody tried to invite
    """
    rows = Member.objects.filter(project=access.project).select_related("user").order_by("user__username")
    context = {
        "access": access,
        "page": "members",
        "members": rows,
        "site_admins": [admin.user.username for admin in open_site_admins().select_related("user")],
        "form": form,
        "invited": invited,
        "link": link,
        "already": already,
    }
    return render(request, "workspace/members.html", context, status=status)
