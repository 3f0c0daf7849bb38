"""Reads of what a project allows in its red-team room."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from attacks.models import AttackConsent, AttackSettings, Conversation
from corpus.errors import Refused
from corpus.labels import Field
from corpus.models import Project
from jury.models import Juror

CONSENT = """\
In this room you write messages that are meant to make a model say what it should not. Its replies may be upsetting, \
and nobody has read them before you.

- Write only what serves that purpose. Do not put in anything about a real person, and nothing that is secret.
- Do not use what you learn here against anybody, and pass no reply on.
- Your messages and the replies are stored with your name. A finished conversation becomes a dialogue of the project: \
others label it and do not learn who wrote it. It may be published in a release, without your name.
- Stop whenever you like, and without giving a reason. Breaks and daily limits of labelling count here, too."""
"The text that we ship."


def settings_of(project: Project) -> AttackSettings:
    """Return what a project allows; the defaults, unsaved, where nothing is stored."""
    return AttackSettings.objects.filter(project=project).first() or AttackSettings(project=project)


def consent_text(settings: AttackSettings) -> str:
    """Return what people consent to."""
    return settings.consent_text or CONSENT


def has_consented(settings: AttackSettings, user: User) -> bool:
    """Return whether a person has consented to the current text."""
    consents = AttackConsent.objects.filter(project=settings.project_id, user=user, version=settings.consent_version)
    return consents.exists()


def usable_targets(project: Project) -> QuerySet[Juror]:
    """
    Return what could be attacked, by name: generators that answer a dialogue, and jurors that judge prompts.

    Only those with an endpoint, and whose labels the project wants: an attack is counted by the label of its response,
    or for a juror by that of its prompt. No juror on the panel: it would tell annotators what it says of a dialogue
    before they vote.
    """
    judges = Q(asks__contains=[Field.PROMPT.value], in_panel=False) if Field.PROMPT in project.fields else Q(pk=None)
    writes = Q(asks=[]) if Field.RESPONSE in project.fields else Q(pk=None)
    jurors = Juror.objects.filter(judges | writes, project=project, transport=Juror.Transport.LIVE)
    return jurors.exclude(base_url="").select_related("prompt").order_by("name")


def targets_of(project: Project) -> QuerySet[Juror]:
    """Return what may be attacked, by name."""
    return usable_targets(project).filter(pk__in=AttackSettings.targets.through.objects.filter(
        attacksettings=project.pk).values("juror"))  # fmt: skip


def target_named(project: Project, name: str) -> Juror:
    """
    Return a target by its name.

    :raises Refused: if the project has none of that name that may be attacked
    """
    return named(targets_of(project), name)


def named(targets: QuerySet[Juror], name: str) -> Juror:
    """
    Return one of some targets by its name.

    :raises Refused: if none has it; the message lists them
    """
    if (target := targets.filter(name=name).first()) is not None:
        return target
    known = ", ".join(targets.values_list("name", flat=True)) or "none"
    raise Refused(f"{name!r} may not be attacked in this project. Possible: {known}.")


def check_still_target(conversation: Conversation) -> None:
    """
    Check that the target of an attack may still be attacked: a lead may have taken it off, or put it on the panel.

    :raises Refused: if it may not
    """
    target = conversation.target
    if not targets_of(conversation.project).filter(pk=target.pk).exists():
        raise Refused(
            f"{target.name} may not be attacked any more. Finish or discard this attack, and start another one."
        )
