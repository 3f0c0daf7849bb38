"""Change what a project allows in its red-team room, and consent to it."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from attacks import queries
from attacks.models import AttackConsent, AttackSettings
from corpus.actions import lock_in_use, record_event
from corpus.errors import Invalid, Refused
from corpus.importing.values import clean_text
from corpus.models import Project, Verb
from jury.models import Juror

LONGEST_CONSENT = 10_000


class ConsentChanged(Refused):
    """The text has changed since the person read it."""

    code = "consent_changed"


@transaction.atomic
def update_attack_settings(
    *, project: Project, by: User | None, targets: Sequence[Juror] | None = None, **values: Any
) -> AttackSettings:
    """
    Change what a project allows; another text has everybody asked for their consent again.

    :param targets: what may be attacked from now on; None leaves that
    :param values: fields of `AttackSettings`
    :raises Invalid: if a target cannot be attacked, or the room is switched on without one
    """
    lock_in_use(project)
    settings, _ = AttackSettings.objects.select_for_update().get_or_create(project=project)
    text = clean_text(values.pop("consent_text", settings.consent_text), "consent_text", limit=LONGEST_CONSENT)
    if text.strip() != settings.consent_text:
        settings.consent_text, settings.consent_version = text.strip(), settings.consent_version + 1
    for name, value in values.items():
        setattr(settings, name, value)
    settings.save()
    if targets is not None:
        check_targets(project, targets)
        settings.targets.set(targets)
    if settings.is_on and not queries.targets_of(project).exists():
        raise Invalid("targets", "choose what may be attacked, or leave the room switched off")
    Project.objects.filter(pk=project.pk).update(has_attacks=settings.is_on)
    record_event(project=project, verb=Verb.ATTACK_SETTINGS_CHANGED, actor=by, detail=settings_detail(settings))
    return settings


def check_targets(project: Project, targets: Sequence[Juror]) -> None:
    """
    Check that all of them can be attacked in a project.

    :raises Invalid: naming one that cannot
    """
    usable = set(queries.usable_targets(project).values_list("pk", flat=True))
    for each in targets:
        if each.pk not in usable:
            raise Invalid(
                "targets",
                f"{each.name!r} cannot be attacked: a target has an endpoint for single calls, and is a generator "
                "where the project wants labels of responses, or a juror of prompts that is on no panel",
            )


def settings_detail(settings: AttackSettings) -> dict[str, Any]:
    """Return what an event says of the settings."""
    return {
        "is_on": settings.is_on,
        "targets": sorted(settings.targets.values_list("name", flat=True)),
        "budget_usd": str(settings.budget_usd),
        "daily_usd": str(settings.daily_usd),
        "most_turns": settings.most_turns,
        "license": settings.license,
        "consent_version": settings.consent_version,
    }


@transaction.atomic
def consent_to_attacks(*, project: Project, user: User, version: int) -> AttackConsent:
    """
    Record that a person consents to the current text; repeating it changes nothing.

    :param version: of the text that they read
    :raises ConsentChanged: if it is not the current one
    """
    settings = queries.settings_of(project)
    if version != settings.consent_version:
        raise ConsentChanged("The text has changed since you read it. It is shown as it is now; read it once more.")
    consent, is_new = AttackConsent.objects.get_or_create(
        project=project, user=user, version=version, defaults={"text": queries.consent_text(settings)}
    )
    if is_new:
        record_event(project=project, verb=Verb.ATTACK_CONSENTED, actor=user, detail={"version": version})
    return consent


class AttacksOff(Refused):
    """The project's red-team room is switched off."""

    code = "attacks_off"


class NoConsent(Refused):
    """The person has not consented to the current text."""

    code = "no_consent"


def check_may_attack(project: Project, user: User) -> AttackSettings:
    """
    Return what a project allows a person who may attack now.

    :raises AttacksOff: if nobody may
    :raises NoConsent: if they have not consented to the current text
    """
    settings = queries.settings_of(project)
    if not settings.is_on:
        raise AttacksOff("Attacks are switched off in this project. A lead can switch them on.")
    if not queries.has_consented(settings, user):
        raise NoConsent("Read what attacking is like here and consent to it first, on the page Attack.")
    return settings
