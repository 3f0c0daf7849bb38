"""The page of the comments on an item."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from adjudication.actions.comments import add_comment, remove_comment
from adjudication.forms.comments import CommentForm
from adjudication.models import Comment
from adjudication.visible_comments import CommentsClosed, author_names, visible_comments
from adjudication.visible_opinions import BlindFirst
from annotation.queries import own_votes, person_of
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import attempt
from corpus.models import Item
from corpus.queries import NoSuchItem, find_item

COMMENTS_A_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@require_role()
def comments(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """Show the comments on an item, or why they are closed, and take another."""
    item = find_or_404(access, external_id)
    form, status = CommentForm(request.POST or None), 200
    if request.method == "POST":
        tried = attempt(form, lambda: add_or_404(access, item, form.cleaned_data["text"]))
        if tried.is_done:
            messages.success(request, "Your comment is there.")
            return redirect("adjudication:comments", access.project.slug, external_id)
        status = tried.status
    return render(request, "adjudication/comments.html", context_of(request, access, item, form), status=status)


def context_of(request: PageRequest, access: Access, item: Item, form: CommentForm) -> dict[str, Any]:
    """Return what the page needs: the comments and the dialogue, or nothing of either while they are closed."""
    context: dict[str, Any] = {
        "access": access,
        "page": "items" if access.is_lead else "votes",
        "item": item,
        "form": form,
        "vote": own_votes(access.project, access.user).filter(item=item).order_by("-pk").first(),
    }
    try:
        rows = visible_comments(access, item).order_by("pk")
    except NoSuchItem as error:
        raise Http404(str(error)) from error
    except (CommentsClosed, BlindFirst) as closed:
        return context | {"closed": closed}
    shown, names = Paginator(rows, COMMENTS_A_PAGE).get_page(request.GET.get("at")), author_names(access, item)
    context["comments"] = [(comment, names[comment.author_id]) for comment in shown]
    return context | {"shown": shown, "is_masked": person_of(access.user).masks_text}


@require_POST
@require_role()
def remove(request: PageRequest, access: Access, external_id: str, comment: int) -> HttpResponse:
    """Remove one's own comment."""
    try:
        remove_comment(access=access, item=find_or_404(access, external_id), comment=comment)
    except Comment.DoesNotExist:
        raise Http404("No comment of yours has this id.") from None
    messages.success(request, "Your comment is removed.")
    return redirect("adjudication:comments", access.project.slug, external_id)


def find_or_404(access: Access, external_id: str) -> Item:
    """
    Return an item of the project.

    :raises Http404: if it has none of that id
    """
    try:
        return find_item(access.project, external_id)
    except NoSuchItem as error:
        raise Http404(f"You have voted on no dialogue {external_id!r}.") from error


def add_or_404(access: Access, item: Item, text: str) -> Comment:
    """
    Write a comment.

    :raises Http404: if the person has nothing to do with the item
    """
    try:
        return add_comment(access=access, item=item, text=text)
    except NoSuchItem as error:
        raise Http404(str(error)) from error
