"""Cases in a project with questions: asked blind, settled with the labels, shown, and listed by the question."""

from adjudication.actions import change_policy, recount_if_changed
from adjudication.actions.policy_change import compare, proposal
from adjudication.models import AnswerDecision, BlindAnswer, Case, Decision
from annotation.models import Vote
from jury.models import Ballot
from tests.adjudication.disputes import case_of, label_blind
from tests.adjudication.test_answer_recount import answer_opinions, ask_of_people, give, make_asking_project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import dialogue, import_dialogues, import_votes, opinion

SAFE = {"prompt_label": "safe", "response_label": "safe"}
REFUSED = {"asked": ["refused", "why"], "answers.refused": "yes"}


def text_of(page):
    return page.content.decode()


def disputed(folder):
    """Return a project whose item a is safe, while a yes_no question that opens cases is disputed."""
    project = ask_of_people("yes", "no", folder=folder)
    recount_if_changed(project=project)
    return project, case_of(project, "a")


def test_blind_answer_and_settlement_include_questions(tmp_path):
    project, case = disputed(tmp_path)
    judge = Visitor(project, "adjudicator")
    judge.post(f"cases/{case.pk}/claim/")
    without = label_blind(judge, case, **SAFE)
    assert without.status_code == 422
    assert "Answer yes or no." in text_of(without)
    assert label_blind(judge, case, **SAFE, **REFUSED).status_code == 302
    assert BlindAnswer.objects.get(case=case).answers == {"refused": "yes"}
    opened = judge.get(f"cases/{case.pk}/")
    assert opened.context["questions"][0]["value"] == "yes"  # filled in from the blind answer
    assert [each.answers for each in opened.context["opinions"]] in (
        [{"refused": "yes"}, {"refused": "no"}],
        [{"refused": "no"}, {"refused": "yes"}],
    )
    changed = {**REFUSED, "answers.refused": "no", "rationale": "It says so."}
    assert judge.post(f"cases/{case.pk}/settle/", **SAFE, **changed).status_code == 302
    assert judge.post(f"cases/{case.pk}/settle/", **SAFE, **changed).status_code == 302  # the same again

    case.refresh_from_db()
    assert (case.state, case.blind_answers, case.answers) == ("settled", {"refused": "yes"}, {"refused": "no"})
    decided = AnswerDecision.objects.get(item=case.item_id, policy="majority")
    assert (decided.status, decided.value, decided.counts) == ("settled", "no", {"yes": 1, "no": 1})
    assert Decision.objects.get(item=case.item_id).status == "settled"
    page = text_of(judge.get(f"cases/{case.pk}/"))
    assert "A label or an answer was changed" in page
    assert "Refused?" in page

    # What comes later does not change it; reopening lets the opinions decide again.
    give(project, tmp_path, "yes")
    recount_if_changed(project=project)
    decided.refresh_from_db()
    assert (decided.status, decided.value, decided.counts) == ("settled", "no", {"yes": 2, "no": 1})
    assert judge.post(f"cases/{case.pk}/reopen/", reason="The guideline has changed.").status_code in (302, 403)
    Visitor(project, "lead").post(f"cases/{case.pk}/reopen/", reason="The guideline has changed.")
    decided = AnswerDecision.objects.get(item=case.item_id, policy="majority")
    assert (decided.status, decided.value) == ("majority", "yes")


def test_routes_show_and_take_answers_and_the_second_one(tmp_path):
    project, case = disputed(tmp_path)
    first, second = Program(project, "adjudicator"), Program(project, "adjudicator")
    assert first.get(f"projects/{project.slug}/cases/", field="answers.refused").json()["results"][0]["id"] == case.pk
    assert first.get(f"projects/{project.slug}/cases/", field="prompt_label").json()["results"] == []
    assert first.get(f"projects/{project.slug}/cases/", field="answers.none").status_code == 400
    missing = first.post(f"cases/{case.pk}/blind/", SAFE)
    assert "answers.refused" in missing.json()["error"]["fields"]
    body = {**SAFE, "answers": {"refused": "yes"}}
    blind = first.post(f"cases/{case.pk}/blind/", body).json()["case"]
    assert [each["key"] for each in blind["questions"]] == ["refused"]
    assert blind["blind"]["answers"] == {"refused": "yes"}
    assert sorted(each["answers"]["refused"] for each in blind["opinions"]) == ["no", "yes"]
    assert first.post(f"cases/{case.pk}/ask-second/", {}).status_code == 200
    settled = first.post(f"cases/{case.pk}/settle/", {**body, "reason": "Plain."}).json()["case"]
    assert settled["settlement"]["answers"] == settled["settlement"]["blind"]["answers"] == {"refused": "yes"}
    other = second.post(f"cases/{case.pk}/blind/", {**SAFE, "answers": {"refused": "no"}}).json()["case"]
    assert other["settlement"]["second"]["answers"] == {"refused": "no"}
    assert AnswerDecision.objects.get(item=case.item_id, policy="majority").value == "yes"


def test_list_says_which_question_is_disputed(tmp_path):
    project, case = disputed(tmp_path)
    judge = Visitor(project, "adjudicator")
    listed = text_of(judge.get("cases/", field="answers.refused"))
    assert f"/cases/{case.pk}/" in listed
    assert "Refused?" in listed
    assert f"/cases/{case.pk}/" not in text_of(judge.get("cases/", field="prompt_label"))
    assert judge.post("cases/next/", field="answers.refused").url.endswith(f"/cases/{case.pk}/")


def test_comparison_of_policies_counts_cases_that_questions_open(tmp_path):
    project, _case = disputed(tmp_path)
    import_dialogues(project, tmp_path, [dialogue("b")])
    ballots = [opinion("b", name, "safe", "safe") for name in ("model-x", "model-y")]
    assert import_votes(project, tmp_path, ballots).code == 0
    said = zip(Ballot.objects.filter(item__project=project).order_by("pk"), ("yes", "no"), strict=True)
    answer_opinions({ballot.pk: {"refused": answer} for ballot, answer in said}, Ballot)
    recount_if_changed(project=project)
    assert Case.objects.filter(project=project, state="open").count() == 2
    for policy, closed in (("human", 1), ("jury", 1), ("majority", 0)):
        found = compare(project, proposal(project, policy=policy, quorum=2, caution=None))
        assert (found.cases_opened, found.cases_closed) == (0, closed), policy
    change_policy(project=project, by=None, policy="human", quorum=2, caution=None, reason="People know.")
    assert [case.item.external_id for case in Case.objects.filter(project=project, state="open")] == ["a"]
    project.refresh_from_db()
    back = compare(project, proposal(project, policy="majority", quorum=2, caution=None))
    assert (back.cases_opened, back.cases_closed) == (1, 0)


def test_case_sent_back_closes_by_itself_once_votes_decide(tmp_path):
    project = make_asking_project(
        {"key": "refused", "text": "Refused?", "type": "yes_no", "opens_cases": True}, quorum=2, votes_wanted=2
    )
    import_dialogues(project, tmp_path, [dialogue("a")])
    import_votes(project, tmp_path, [opinion("a", name, "safe", "safe") for name in ("x", "y")])
    votes = Vote.objects.filter(item__project=project).order_by("pk").values_list("pk", flat=True)
    answer_opinions({vote: {"refused": answer} for vote, answer in zip(votes, ("yes", "no"), strict=True)}, Vote)
    recount_if_changed(project=project)
    case, judge, voter = case_of(project, "a"), Visitor(project, "adjudicator"), Visitor(project)
    judge.post(f"cases/{case.pk}/send-back/", votes=1, reason="One more.")
    assert voter.vote(voter.take(), **{"answers.refused": "yes"}).status_code == 302
    recount_if_changed(project=project)
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED


def test_history_tells_answers(tmp_path):
    project, _ = disputed(tmp_path)
    page = text_of(Visitor(project, "lead").get("items/a/history/"))
    assert page.count("Refused?") == 2
