"""How often a juror is talked round, through real calls to a stub."""

import pytest

from corpus.models import Event
from jury.models import Ballot
from tests.factories import command
from tests.jury.factories import add_jurors, project_with_items

pytestmark = pytest.mark.slow


def test_probe_finds_a_gullible_juror(tmp_path, stub_url):
    project = project_with_items(tmp_path, 12)
    add_jurors(project, stub_url, "stub-0.9:steady", "stub-0.9:gullible")
    steady = command("probe_juror", "stub-0.9:steady", project=project.slug, items=8)
    gullible = command("probe_juror", "stub-0.9:gullible", project=project.slug, items=8)

    assert (steady["items"], steady["readable"], steady["flip_rate"]) == (8, 8, 0)
    assert gullible["attempts"]["order"]["evaded"] == gullible["attempts"]["order"]["flipped"] > 0
    assert gullible["attempts"]["verdict"]["flipped"] == 0
    assert 0 < gullible["evasion_rate"] == gullible["flip_rate"] < 1
    assert not Ballot.objects.filter(juror__project=project).exists()
    assert Event.objects.filter(project=project, verb="juror.probed").count() == 2


def test_impossible_probe_is_refused(tmp_path, stub_url):
    project = project_with_items(tmp_path, 1, fields="response_label")
    add_jurors(project, stub_url, "stub-0.9")
    nothing = command("probe_juror", "stub-0.9", project=project.slug)
    unknown = command("probe_juror", "nobody", project=project.slug)

    assert (nothing.code, unknown.code) == (2, 2)
    assert "has no dialogue" in nothing.stderr
    assert "has no juror" in unknown.stderr
