"""Before their blind label, nothing tells an adjudicator how others voted, what models said, or that gold is known."""

from annotation.actions import set_gold
from corpus.labels import Judgement
from tests.adjudication.disputes import case_of, disputed_project, final
from tests.annotation.people import Visitor
from tests.factories import command, import_votes, opinion
from tests.observed import Witness, differing

NAMES = ("item-1", "item-2")


def add_opinions_and_gold(project, folder):
    """Add four votes and two ballots on each item, a gold label."""
    labels = {"cy": "safe", "dan": "needs_caution", "eve": "unsafe", "model-a": "safe", "model-b": "safe"}
    opinions = [opinion(name, rater, label, label) for name in NAMES for rater, label in labels.items()]
    opinions += [opinion(name, "fay", "unsafe", "safe") for name in NAMES]
    for each in opinions:
        each["categories"] = ["violence"] if "unsafe" in (each["prompt_label"], each["response_label"]) else []
    assert import_votes(project, folder, opinions).code == 0
    for name in NAMES:
        set_gold(project=project, by=None, external_id=name, judgement=Judgement("safe", "safe"))


def seen_in_a_world(folder, add=None):
    """Do all that an adjudicator can do before they label a case blind; return what they see."""
    project = disputed_project(folder, *NAMES, policy="human")
    if add:
        add(project, folder)
        assert command("adjudicate", project=project.slug).code == 0
    witness, case = Witness(Visitor(project, "adjudicator")), f"cases/{case_of(project, NAMES[0]).pk}"
    see = witness.see
    places = ["cases/", "api/cases/", f"{case}/", f"api/{case}/", "work/", "api/progress/"]
    for number, place in enumerate(places):
        see(f"free {number}", place)
    see("claim", f"{case}/claim/", {})
    for number, place in enumerate(places):
        see(f"held {number}", place)
    see("part", f"{case}/", as_part=True)
    see("renew", f"{case}/renew/", {})
    see("unseen", f"{case}/blind/", final())
    see("settle at once", f"api/{case}/settle/", final(reason="It is one."))
    see("show", f"{case}/show/", {})
    see("empty", f"{case}/blind/", {})
    see("wrong", f"api/{case}/blind/", {"prompt_label": "maybe"})
    see("release", f"{case}/release/", {})
    see("next", "api/cases/next/", {})
    see("claim by route", f"api/{case}/claim/", {})
    see("release by route", f"api/{case}/release/", {})
    return witness.seen


def test_opinions_and_gold_show_in_nothing_before_the_blind_label(tmp_path):
    plain = seen_in_a_world(tmp_path)
    assert plain["held 2"].status == plain["next"].status == plain["renew"].status - 4 == 200
    assert differing(seen_in_a_world(tmp_path, add_opinions_and_gold), plain) == {}
