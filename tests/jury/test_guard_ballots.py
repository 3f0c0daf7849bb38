"""Guard models on the jury, through real calls to a stub."""

import pytest

from jury import actions, queries
from jury.models import Ballot
from tests.factories import command
from tests.jury.factories import add_jurors, project_with_items, run_shards


def ask_panel(project):
    """Run the panel of a project, and return the outcomes of its ballots."""
    run = actions.start_run(project=project, jurors=queries.panel(project))
    run_shards(run)
    assert queries.shard_errors(run) == []
    return queries.run_progress(run).outcomes


@pytest.mark.parametrize(
    ("prompt", "asks"),
    [("nemoguard-v1", "prompt_label,response_label,categories"), ("llamaguard-v1", "response_label,categories")],
)
def test_guard_model_judges_in_its_own_form(tmp_path, stub_url, prompt, asks):
    project = project_with_items(tmp_path, 30)
    add_jurors(project, stub_url, "stub-0.9", prompt=prompt, asks=asks)
    done = ask_panel(project)
    ballots = Ballot.objects.filter(juror__project=project)

    assert (done["cast"], done["unreadable"]) == (ballots.count(), 0)
    assert ballots.count() == (30 if "prompt_label" in asks else 20)
    unsafe = [ballot for ballot in ballots if "unsafe" in (ballot.prompt_label, ballot.response_label)]
    assert unsafe
    assert all(ballot.categories == ["violence"] for ballot in unsafe)
    assert all(ballot.order_seed is None for ballot in ballots)


def test_order_of_categories_is_stored_with_the_ballot(tmp_path, stub_url):
    project = project_with_items(tmp_path, 5)
    add_jurors(project, stub_url, "stub-0.9")
    ask_panel(project)

    seeds = set(Ballot.objects.filter(juror__project=project).values_list("order_seed", flat=True))
    assert len(seeds) == 5
    assert None not in seeds


def test_llama_guard_is_asked_for_one_label(tmp_path, stub_url):
    project = project_with_items(tmp_path, 1)
    options = {"model": "m", "base_url": stub_url, "prompt": "llamaguard-v1"}
    refused = command("add_juror", "guard", project=project.slug, **options)

    assert refused.code == 2
    assert "asks for one verdict" in refused.stderr
