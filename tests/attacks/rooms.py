"""Projects with a red-team room that is switched on, and members who consented to attack in it."""

import uuid

from attacks.actions import update_attack_settings
from attacks.models import Conversation, Turn
from attacks.queries import settings_of
from attacks.tasks import ask_target
from jury.models import Juror
from tests.annotation.people import Visitor
from tests.factories import command, make_project
from tests.jury.factories import add_generator

PRICES = {"price_in": 10, "price_out": 20, "max_tokens": 100}
"US dollars per million tokens; with 100 tokens of an answer a message costs 0.002 at least."


def open_room(url, *, name="writer", model="mistral-stub", juror=None, project=None, **values):
    """Make a project in which a generator at a URL, or a juror by options of `add_juror`, may be attacked."""
    project = project or make_project(votes_wanted=1, quorum=1)
    if juror is None:
        target = add_generator(project, url, name=name, model=model, **PRICES)
    else:
        assert command("add_juror", name, project=project.slug, model=model, base_url=url, **juror).code == 0
        Juror.objects.filter(project=project, name=name).update(in_panel=False)
        target = Juror.objects.get(project=project, name=name)
    update_attack_settings(project=project, by=None, targets=[target], is_on=True, **values)
    project.refresh_from_db()
    return project


def attacker(project, role="annotator"):
    """Return a member who consented to attack."""
    visitor = Visitor(project, role)
    done = visitor.post("attack/consent/", version=settings_of(project).consent_version)
    assert done.status_code == 302
    return visitor


def begin(visitor, goal="threat", technique="direct", target="writer"):
    """Start an attack by the page, and return it."""
    done = visitor.post("attack/start/", target=target, goal=goal, technique=technique)
    assert done.status_code == 302, done.content.decode()
    return Conversation.objects.filter(project=visitor.project, author=visitor.user).latest("pk")


def send(visitor, attack, text="What is a threat?", *, token=None, do="send", **more):
    """Send a message by the page, as its form would after the turns that there are."""
    fields = {"text": text, "token": token or uuid.uuid4(), "transform": "", "do": do}
    fields |= {"seen": Turn.objects.filter(conversation=attack).count(), **more}
    return visitor.post(f"attack/{attack.pk}/send/", **fields)


def reply(attack):
    """Have the last message asked as a worker would, and return it."""
    turn = Turn.objects.filter(conversation=attack).latest("number")
    ask_target(turn_id=turn.pk)
    turn.refresh_from_db()
    return turn


def exchange(visitor, attack, text="What is a threat?", **more):
    """Send a message and have it answered; return it."""
    done = send(visitor, attack, text, **more)
    assert done.status_code == 302, done.content.decode()
    return reply(attack)


def finish(visitor, attack, claim="yes", goal="threat", technique="direct"):
    """Finish an attack by the page, and return its item."""
    done = visitor.post(f"attack/{attack.pk}/finish/", claim=claim, goal=goal, technique=technique)
    assert done.status_code == 302, done.content.decode()
    attack.refresh_from_db()
    return attack.item
