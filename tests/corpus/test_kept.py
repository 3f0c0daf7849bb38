"""What pages of large projects show again, and when it is computed anew."""

from corpus.kept import item_count, kept_if_large, until_items_change
from corpus.models import Project
from tests.factories import command, dialogue, import_dialogues, make_project


def test_figures_of_the_items_are_computed_anew_when_these_change(tmp_path):
    project, computed = make_project(), iter(range(9))

    def figure():
        return until_items_change(Project.objects.get(pk=project.pk), "figure", lambda: next(computed))

    assert (figure(), figure()) == (0, 0)
    import_dialogues(project, tmp_path, [dialogue("one"), dialogue("two")])
    assert (figure(), figure()) == (1, 1)
    command("withdraw_item", "one", project=project.slug, reason="Asked for.")
    assert figure() == 2
    assert item_count(Project.objects.get(pk=project.pk)) == 2


def test_only_large_projects_show_figures_again(tmp_path):
    project, other, computed = make_project(), make_project(), iter(range(9))
    import_dialogues(project, tmp_path, [dialogue("one")])
    project.refresh_from_db()

    def figure(name, large, project=project):
        return kept_if_large(project, name, lambda: next(computed), large=large)

    assert [figure("a", 2), figure("a", 2)] == [0, 1]
    assert [figure("a", 1), figure("a", 1), figure("b with a blank", 1), figure("a", 1)] == [2, 2, 3, 2]
    assert figure("a", 0, other) == 4
