"""Gold scores the first answer of a person, wherever it is scored."""

from pathlib import Path
from typing import Any

from annotation.queries import annotator_checks
from corpus.models import Project
from quality.models import Report
from tests.annotation.test_corrections import CAUTION, SAFE, UNSAFE, checked, correct
from tests.api.client import Program
from tests.factories import command, import_votes, opinion, set_queue


def accuracies(project: Project, folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return, by person, the number and share of right answers on gold: of the page, a gold file and the checks."""
    gold = folder / "gold.csv"
    gold.write_text("id,label\none,unsafe\n")
    assert command("measure", project=project.slug).code == 0
    page = Report.objects.get(project=project, kind="scores").content["fields"][0]["raters"]
    of_file = command("score", project=project.slug, against=gold)["raters"]
    scores: dict[str, list[Any]] = {row["rater"]: [row["gold"]] for row in page}
    for row in of_file:
        scores[row["rater"]].append(row)
    found = {name: [(score["n"], score["accuracy"]) for score in rows] for name, rows in scores.items()}
    for row in annotator_checks(project):
        found[row["name"]].append((row["gold"], row["gold_right"] / row["gold"]))
    return found


def test_gold_scores_the_first_answer_on_every_page_and_command(tmp_path: Path) -> None:
    wrong, _ = checked(tmp_path, "one", "two", "three")
    right, checks = Program(wrong.project), Program(wrong.project)
    set_queue(wrong.project, gold_percent=100)
    taken = [(wrong, SAFE, UNSAFE), (right, UNSAFE, CAUTION), (checks, SAFE, UNSAFE)]
    for person, first, then in taken:
        item = person.take()
        assert item["item"]["id"] == "one"
        vote = person.post(person.item_route(item, "vote"), {"lease": item["lease"]["id"], **first})
        assert correct(person, vote.json()["vote"]["id"], **then).status_code == 200
    set_queue(wrong.project, gold_percent=0)
    for person in (right, checks):  # only raters with an opinion are shown
        person.vote(person.take())
    import_votes(wrong.project, tmp_path, [opinion("one", "model-x", "unsafe", "safe", categories=["threat"])])

    found = accuracies(wrong.project, tmp_path)
    assert found == {
        wrong.name: [(1, 0.0)] * 3,
        right.name: [(1, 1.0)] * 3,
        checks.name: [(1, 0.0)] * 3,
        "model-x": [(1, 1.0)] * 2,
    }
