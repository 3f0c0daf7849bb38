"""The same dialogues in two projects: where their labels and categories differ, for who leads both."""

import pytest

from adjudication.project_comparison import FieldComparison, compare_projects
from corpus.actions import add_member
from corpus.labels import Field
from corpus.models import Event, Member
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion


def labelled(folder, labels, *, text="", **options):
    """Make a project whose dialogues have these labels, a name to a label with its category."""
    project = make_project(fields="prompt_label", quorum=1, **options)
    import_dialogues(project, folder, [dialogue(name, response=False, text=text) for name in labels])
    rows = [opinion(n, "ada", label, categories=[slug] if slug else []) for n, (label, slug) in labels.items() if label]
    assert import_votes(project, folder, rows).code == 0
    command("adjudicate", project=project.slug)
    return project


def test_labels_of_two_projects_are_compared_on_the_dialogues_of_both(tmp_path):
    safe = ("safe", "")
    own = labelled(tmp_path, {"a": ("unsafe", "threat"), "b": safe, "c": ("unsafe", "malware"), "d": (None, "")})
    other = labelled(tmp_path, {"a": ("unsafe", "violence"), "b": safe, "c": safe, "d": safe, "e": safe})
    compared = compare_projects(own, other)
    assert (compared.shared, compared.differing) == (4, 1)
    [prompt] = compared.fields
    assert (prompt.both, prompt.equal, prompt.kappa) == (3, 2, pytest.approx(0.4))
    assert compared.categories == [("threat", "violence", 1)]
    assert [(row["id"], row["labels"]) for row in compared.rows] == [("c", [("Prompt", "unsafe", "safe")])]
    elsewhere = labelled(tmp_path, {"a": ("safe", "")}, text="Another text.")
    assert compare_projects(own, elsewhere).shared == 0

    lead = Visitor(own, "lead")
    assert lead.get("taxonomy/", tab="compare").context["others"] == []
    assert lead.get("taxonomy/", tab="compare", **{"with": other.slug}).status_code == 404
    add_member(project=other, username=lead.name, role=Member.Role.ANNOTATOR)
    assert lead.get("taxonomy/", tab="compare", **{"with": other.slug}).status_code == 404
    Member.objects.filter(project=other, user=lead.user).update(role="lead")
    html = lead.get("taxonomy/", tab="compare", **{"with": other.slug}).content.decode()
    assert "0.40" in html
    assert "Prompt: unsafe" in html
    assert Event.objects.filter(actor=lead.user, verb__startswith="opinions.", project=other).exists()


def test_kappa_is_undefined_where_chance_agrees_on_all():
    assert FieldComparison(Field.PROMPT, {}).kappa is None
    assert FieldComparison(Field.PROMPT, {("safe", "safe"): 3}).kappa is None
