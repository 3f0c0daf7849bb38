"""Pages of webhooks: the list, and one with its deliveries."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.errors import Refused
from workspace import actions
from workspace.forms.webhooks import ChangeWebhookForm, WebhookForm
from workspace.models import Delivery, Webhook
from workspace.queries.webhooks import deliveries_of, webhooks_of
from workspace.tasks import enqueue_deliveries

DELIVERIES_A_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def webhooks(request: PageRequest, access: Access) -> HttpResponse:
    """List the webhooks, with a form to add one; a POST adds it and shows its secret, which is shown only once."""
    form, status, context = WebhookForm(request.POST or None), 200, dict[str, Any]()
    if request.method == "POST":
        added = attempt(form, lambda: actions.add_webhook(project=access.project, by=access.user, **form.cleaned_data))
        status = added.status
        if added.is_done:
            context["added"], context["secret"] = added.result
            form = WebhookForm()
    context |= {"access": access, "page": "project", "form": form, "webhooks": webhooks_of(access.project)}
    return render(request, "workspace/webhooks.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def webhook(request: PageRequest, access: Access, webhook: int) -> HttpResponse:
    """Show a webhook with its deliveries, or do what the pressed button says."""
    found = get_object_or_404(Webhook, pk=webhook, project=access.project)
    if request.method != "POST":
        return show_webhook(request, access, found, change_form(found))
    doing = {"test": send_test, "again": send_again, "secret": renew_secret, "remove": remove}
    return doing.get(request.POST.get("do", ""), change)(request, access, found)


def change_form(webhook: Webhook, posted: Any = None) -> ChangeWebhookForm:
    """Return the form that changes a webhook."""
    now = {"url": webhook.url, "kinds": list(webhook.kinds), "is_active": webhook.is_active}
    return ChangeWebhookForm(posted, initial=now)


def show_webhook(
    request: PageRequest,
    access: Access,
    webhook: Webhook,
    form: ChangeWebhookForm,
    *,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    """
    Render the page of a webhook.

    :param secret: a new one, to show it this once
    """
    shown = Paginator(deliveries_of(webhook), DELIVERIES_A_PAGE).get_page(request.GET.get("at"))
    context = {"access": access, "page": "project", "webhook": webhook, "form": form, "shown": shown, "secret": secret}
    return render(request, "workspace/webhook.html", context, status=status)


def change(request: PageRequest, access: Access, webhook: Webhook) -> HttpResponse:
    """Change the address, what it is told of, or whether it is on."""
    form = change_form(webhook, request.POST)
    changed = attempt(form, lambda: actions.change_webhook(webhook=webhook, by=access.user, **form.cleaned_data))
    if not changed.is_done:
        return show_webhook(request, access, webhook, form, status=changed.status)
    words = "is told of what you chose" if changed.result.is_active else "is switched off"
    messages.success(request, f"Saved: {changed.result.host} {words}, from now on.")
    return redirect("workspace:webhook", access.project.slug, webhook.pk)


def send_test(request: PageRequest, access: Access, webhook: Webhook) -> HttpResponse:
    """Send a message that says it is a test."""
    actions.add_test(webhook=webhook)
    return tell_sent(request, access, webhook, "A test is on its way. Load this page again to see the answer.")


def send_again(request: PageRequest, access: Access, webhook: Webhook) -> HttpResponse:
    """
    Send a delivery once more.

    :raises Http404: if the webhook has no such delivery
    """
    number = request.POST.get("delivery", "")
    pk = int(number) if number.isdecimal() and len(number) < 19 else 0  # PostgreSQL's numbers have 64 bits
    try:
        actions.send_again(webhook=webhook, delivery=pk)
    except Delivery.DoesNotExist as error:
        raise Http404("This webhook has no such delivery.") from error
    return tell_sent(request, access, webhook, "It is sent again. Load this page again to see the answer.")


def tell_sent(request: PageRequest, access: Access, webhook: Webhook, words: str) -> HttpResponse:
    """Have a worker send what is due, and say so on the page of the webhook."""
    enqueue_deliveries(webhook.pk)
    messages.success(request, words)
    return redirect("workspace:webhook", access.project.slug, webhook.pk)


def renew_secret(request: PageRequest, access: Access, webhook: Webhook) -> HttpResponse:
    """Make a new secret, and show it this once."""
    secret = actions.renew_secret(webhook=webhook, by=access.user)
    return show_webhook(request, access, webhook, change_form(webhook), secret=secret)


def remove(request: PageRequest, access: Access, webhook: Webhook) -> HttpResponse:
    """
    Remove a webhook.

    :raises Refused: if the box that says so is not ticked
    """
    if request.POST.get("is_sure") != "yes":
        raise Refused("Nothing was removed. Tick the box beside the button to remove this webhook.")
    actions.remove_webhook(webhook=webhook, by=access.user)
    messages.success(request, f"The webhook at {webhook.host} is removed.")
    return redirect("workspace:webhooks", access.project.slug)
