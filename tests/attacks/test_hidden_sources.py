"""Nobody below leads, who may label an attack blind, learns by its source that it is one."""

from adjudication.models import Case
from annotation.models import Audit
from corpus.models import Item
from tests.adjudication.disputes import disputed_project, tie
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.attacks.rooms import attacker, begin, exchange, finish, open_room
from tests.factories import dialogue

SOURCES = {"one": "garden", "two": "zoo"}
SENT = SOURCES | {"sent": "red_team"}
"With a dialogue that was imported as one of another site's attacks."


def attacked(folder, url, sources):
    """Return a project with cases of imported dialogues and of an attack, and the id of the latter."""
    project = disputed_project(folder, *(dialogue(name, source=source) for name, source in sources.items()))
    open_room(url, project=project)
    author = attacker(project)
    attack = begin(author)
    exchange(author, attack)
    name = finish(author, attack).external_id
    tie(project, folder, name)
    return project, name


def rows_of(visitor, **query):
    """Return (id, source) of each case that the list shows, in its order."""
    return [(row["name"], row["source"]) for row in visitor.get("cases/", **query).context["rows"]]


def test_list_of_cases_tells_leads_alone(tmp_path, stub_url):
    project, attack = attacked(tmp_path, stub_url, SENT)
    judge, lead = Visitor(project, "adjudicator"), Visitor(project, "lead")
    assert dict(rows_of(judge)) == SENT | {attack: ""}
    assert dict(rows_of(lead)) == SENT | {attack: "red_team"}
    assert dict(rows_of(judge, source="red_team")) == {"sent": "red_team"}
    assert dict(rows_of(lead, source="red_team")) == {"sent": "red_team", attack: "red_team"}
    assert [name for name, _ in rows_of(judge, sort="source")] == [attack, "one", "sent", "two"]
    assert [name for name, _ in rows_of(judge, sort="-source")] == ["two", "sent", "one", attack]
    assert [name for name, _ in rows_of(lead, sort="source")] == ["one", "sent", attack, "two"]


def test_pages_of_adjudicators_do_not_name_the_source(tmp_path, stub_url):
    project, attack = attacked(tmp_path, stub_url, SOURCES)
    judge, lead = Visitor(project, "adjudicator"), Visitor(project, "lead")
    pages = [who.get("cases/", state=state).content.decode() for who in (judge, lead) for state in ("open", "closed")]
    assert ["red_team" in page for page in pages] == [False, False, True, True]  # as a row, and to choose from
    Audit.objects.create(item=Item.objects.get(project=project, external_id=attack), project=project)
    audits = lead.get("audits/").content.decode()
    assert (attack in audits, "red_team" in audits) == (True, False)


def test_routes_of_cases_tell_leads_alone(tmp_path, stub_url):
    project, attack = attacked(tmp_path, stub_url, SENT)
    judge, other, lead = (Program(project, role) for role in ("adjudicator", "adjudicator", "lead"))
    route = f"projects/{project.slug}/cases/"

    def listed(who, **query):
        return {case["item"]["id"]: case["source"] for case in who.get(route, **query).json()["results"]}

    assert listed(judge) == SENT | {attack: ""}
    assert listed(lead) == SENT | {attack: "red_team"}
    assert listed(judge, source="red_team") == {"sent": "red_team"}
    assert listed(lead, source="red_team") == {"sent": "red_team", attack: "red_team"}
    taken = judge.post(f"{route}next/", {"source": "red_team"}).json()["case"]
    assert (taken["item"]["id"], taken["source"]) == ("sent", "red_team")
    assert other.post(f"{route}next/", {"source": "red_team"}).status_code == 204
    taken = other.post(f"{route}next/").json()["case"]
    assert (taken["item"]["id"], taken["source"]) == ("one", "garden")
    assert lead.post(f"{route}next/", {"source": "red_team"}).json()["case"]["item"]["id"] == attack


def test_next_case_of_the_page_is_no_attack_by_its_source(tmp_path, stub_url):
    project, attack = attacked(tmp_path, stub_url, SENT)
    people = [Visitor(project, role) for role in ("adjudicator", "adjudicator", "lead")]
    for each in people:
        assert each.post("cases/next/", source="red_team").status_code == 302
    held = Case.objects.filter(project=project, holder__isnull=False).values_list("item__external_id", "holder")
    assert dict(held) == {"sent": people[0].user.pk, attack: people[2].user.pk}
