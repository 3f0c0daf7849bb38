"""Try a draft of a prompt on a few dialogues with a juror of the project, and preview what would be sent."""

import asyncio
import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from string import Template

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Item, Project, Verb
from corpus.queries import categories_of
from jury import queries
from jury.actions.checks import check_can_ask, check_can_generate
from jury.actions.jurors import check_fits
from jury.actions.trials import Client, Trial, ask_once, client_of, item_to_try
from jury.engine.buffer import store_alone
from jury.engine.model_client import Request
from jury.models import Answer, Juror, PromptDraft, PromptVersion
from jury.prompt_files import parse_prompt
from jury.prompting import ASKABLE, CATEGORIES, Messages, Prompt

TRIED = 5
"Dialogues that a draft is tried on: as many calls, each as of *Try it*."


@dataclass(frozen=True)
class Preview:
    """What would be sent about a dialogue."""

    item: str
    "Its external id."
    messages: Messages


def unsaved_version(draft: PromptDraft) -> PromptVersion:
    """
    Return a draft as the prompt version that it would be, unsaved.

    :raises Refused: if its text is no prompt
    """
    parse_prompt(draft.text, draft.name)
    return PromptVersion(name=draft.name, text=draft.text, sha256="0" * 64, project=draft.project)


def preview_draft(*, draft: PromptDraft, item: str = "") -> Preview:
    """
    Return the messages that a draft makes of a dialogue; nothing is asked.

    :param item: its external id; empty for one of the project's
    :raises Refused: if the draft is no prompt, or there is no such dialogue
    """
    version, project = unsaved_version(draft), draft.project
    form = Prompt.parse(version.text).form
    asks = [] if form.is_generative else asks_for(form, project)
    client = client_of(project, Juror(project=project, name=draft.name, model="-", prompt=version, asks=asks))
    chosen, name = item_to_try(project, client, item)
    return Preview(name, client.compose(chosen).messages)


def categories_without_lists(draft: PromptDraft) -> list[str]:
    """Return the names of the categories that lack a list which the prompt of a draft writes, in order."""
    asked = set(Template(Prompt.parse(draft.text).category).get_identifiers()) & {"included", "excluded"}
    if not asked or "categories" not in identifiers(draft):
        return []
    return [each.name for each in categories_of(draft.project) if not all(getattr(each, name) for name in asked)]


def identifiers(draft: PromptDraft) -> set[str]:
    """Return what the messages of a draft hold, each after a dollar sign."""
    prompt = Prompt.parse(draft.text)
    return {name for text in (prompt.system, prompt.user) for name in Template(text).get_identifiers()}


def asks_for(form: object, project: Project) -> list[str]:
    """Return what a juror could be asked for in a form: all there is, or the first label of the project."""
    one = getattr(form, "has_one_verdict", False)
    labels = list(project.fields[:1]) if one else list(project.fields)
    return labels + ([CATEGORIES] if getattr(form, "names_categories", False) and CATEGORIES in ASKABLE else [])


def try_draft(*, draft: PromptDraft, juror: Juror, by: User | None = None) -> list[Trial]:
    """
    Ask a juror or generator by a draft about TRIED dialogues at once: no second try, no budget, nothing stored.

    :param juror: with an endpoint; all but its prompt counts
    :raises Refused: if the draft is no prompt, does not fit what the juror is asked for, or there is no dialogue
    """
    version, project = unsaved_version(draft), draft.project
    candidate = copy.copy(juror)
    candidate.prompt = version
    if candidate.is_generator:
        check_can_generate(candidate)
    else:
        check_fits(version, candidate.asks)
        check_can_ask(project, candidate)
    client = client_of(project, candidate)
    items = queries.sample_items(project, TRIED, with_response=candidate.asks == ["response_label"])
    if not items:
        raise Refused("There is no dialogue to try it on. Import some first.")
    names = dict(Item.objects.filter(pk__in=[item.pk for item in items]).values_list("pk", "external_id"))
    requests = [client.compose(item) for item in items]
    answers = [stored_and_undone(answer, version) for answer in ask_all(client, requests)]
    detail = {"draft": draft.name, "items": list(names.values())}
    record_event(project=project, verb=Verb.JUROR_TRIED, subject=juror.name, actor=by, detail=detail)
    return [
        Trial(names[request.item.pk], request.messages, answer)
        for request, answer in zip(requests, answers, strict=True)
    ]


def ask_all(client: Client, requests: Sequence[Request]) -> list[Answer]:
    """Return the answers to requests, sent at the same time, in their order."""

    async def gather() -> list[Answer]:
        return list(await asyncio.gather(*(ask_once(client, request) for request in requests)))

    with ThreadPoolExecutor(max_workers=1) as aside:  # the caller may have an event loop
        return aside.submit(lambda: asyncio.run(gather())).result()


def stored_and_undone(answer: Answer, version: PromptVersion) -> Answer:
    """Return an answer as the database would store it, having undone that: it may be one that cannot be stored."""
    with transaction.atomic():
        version.pk = None
        version.save(force_insert=True)
        answer.prompt_id = version.pk
        stored = store_alone(answer)
        transaction.set_rollback(True)
    return stored
