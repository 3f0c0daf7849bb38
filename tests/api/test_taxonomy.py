"""The taxonomy over REST: read, previewed and changed by leads."""

from tests.adjudication.test_taxonomy_change import MERGE, merged_project
from tests.api.client import Program
from tests.factories import make_project


def test_lead_reads_previews_and_publishes(tmp_path):
    project = merged_project(tmp_path)
    lead, route = Program(project, "lead"), f"projects/{project.slug}/taxonomy/"
    read = lead.get(route).json()
    assert (read["taxonomy"], len(read["categories"]), read["counts_as"]) == ("aegis2 v1", 23, {})
    assert read["opinions"] == {"threat": 6, "harassment": 3, "malware": 3}
    body = {"based_on": "aegis2 v1", "changes": [MERGE], "reason": "one thing"}
    seen = lead.post(route, body | {"is_preview": True})
    assert (seen.status_code, seen.json()["taxonomy"], seen.json()["dialogues"]) == (200, None, 2)
    assert lead.get(route).json() == read
    made = lead.post(route, body)
    assert made.status_code == 201
    assert made.json() | {"taxonomy": None} == seen.json()
    now = lead.get(route).json()
    assert now["counts_as"] == {"harassment": ["menace"], "threat": ["menace"]}
    assert now["versions"] == [made.json()["taxonomy"], "aegis2 v1"]
    assert now["opinions"] == {"menace": 6, "malware": 3}

    late = lead.post(route, body)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "taxonomy_changed")
    body |= {"based_on": made.json()["taxonomy"]}
    for changes, reason in (([{"change": "retire", "slug": "x"}], "why"), ([[]], "why"), ([MERGE], ""), ("x", "why")):
        assert lead.post(route, body | {"changes": changes, "reason": reason}).status_code == 400
    broken = lead.post(route, body | {"changes": [{"change": "retire", "slug": "x"}]}).json()["error"]
    assert "changes[0].slug" in broken["fields"]


def test_route_needs_a_lead_of_the_project():
    project = make_project()
    route = f"projects/{project.slug}/taxonomy/"
    for program, status in ((Program(project, "adjudicator"), 403), (Program(make_project(), "lead"), 404)):
        assert program.get(route).status_code == status
        assert program.post(route, {}).status_code == status
