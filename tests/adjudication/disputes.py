"""Make disputed items, by votes that tie."""

from typing import Any

from adjudication.models import Case, Decision
from annotation.models import Person
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

UNSAFE = {"categories": ["threat"], "rationale": "it threatens somebody"}


def disputed_project(folder, *names, **options):
    """Make a project where two people tie on each of these items, at a quorum of 2."""
    project = make_project(**({"quorum": 2, "votes_wanted": 2} | options))
    rows = [dialogue(name) if isinstance(name, str) else name for name in names or ("one",)]
    import_dialogues(project, folder, rows)
    tie(project, folder, *(row["id"] for row in rows))
    return project


def tie(project, folder, *names):
    votes = []
    for name in names:
        response = "safe" if "response_label" in project.fields else None
        votes += [opinion(name, "ada", "safe", response), opinion(name, "bea", "unsafe", response, **UNSAFE)]
    assert import_votes(project, folder, votes).code == 0
    command("adjudicate", project=project.slug)


def case_of(project, name="one", state=Case.State.OPEN):
    return Case.objects.get(item__project=project, item__external_id=name, state=state)


def decision_of(project, name="one"):
    return Decision.objects.get(item__project=project, item__external_id=name, policy=project.policy)


def final(**more: Any) -> dict[str, Any]:
    return {"prompt_label": "unsafe", "response_label": "safe", "categories": ["threat"], **more}


def label_blind(judge, case, **labels: Any):
    """Have the dialogue of a case shown, and label it blind, by the pages; return the last response."""
    judge.post(f"cases/{case.pk}/show/")
    return judge.post(f"cases/{case.pk}/blind/", **(labels or final()))


def reader(project, role="adjudicator"):
    """Return a person of a project from whom no dialogue is hidden."""
    user = Visitor(project, role).user
    Person.objects.update_or_create(user=user, defaults={"masks_text": False})
    return user


def settle_prompt(judge, case):
    """Claim a case on a prompt alone, label it blind and settle it, by the pages: unsafe, a threat."""
    judge.post(f"cases/{case.pk}/claim/")
    assert label_blind(judge, case, prompt_label="unsafe", **UNSAFE).status_code == 302
    assert judge.post(f"cases/{case.pk}/settle/", prompt_label="unsafe", **UNSAFE).status_code == 302


def work_through(judge, case, **settlement):
    """Claim a case, label it blind and settle it, by the pages."""
    judge.post(f"cases/{case.pk}/claim/")
    assert label_blind(judge, case).status_code == 302
    labels = final(rationale="It is a threat.") | settlement
    return judge.post(f"cases/{case.pk}/settle/", **labels)
