"""Project files: what is written makes an equal project, and a hostile file makes none."""

import json
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from annotation.actions import add_background_question, publish_guideline, update_qualification, update_queue_settings
from annotation.actions.guidelines import store_guideline
from annotation.models import GuidelineVersion, Queue
from corpus.access import access_to
from corpus.actions import add_question, retire_question
from corpus.errors import Invalid, Refused
from corpus.models import Event, Project, Question, Taxonomy, Verb
from jury.models import Juror, PromptVersion
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, make_project, numbers
from workspace.actions import project_from_document
from workspace.project_files.reading import MOST_BYTES, check_document, read_document
from workspace.project_files.writing import document_of, write_document


def new_slug():
    return f"made-{next(numbers)}"


def project_with_all_settings(stub_url, admin):
    """Return a project with a setting of every kind, each other than the default."""
    project = make_project(
        name="Gärten", fields="prompt_label", policy="human", votes_wanted=5, quorum=2, caution="unsafe"
    )
    choices = [{"value": "mild", "name": "Mild"}, {"value": "severe", "name": "Severe"}]
    add_question(
        project=project, by=None, key="how_bad", text="How bad?", type="ordinal", choices=choices, guidance="g\nh"
    )
    add_question(project=project, by=None, key="is_odd", text="Odd?", type="yes_no", asked_of="both", opens_cases=True)
    retire_question(project=project, by=admin, key="is_odd")
    asked = {"text": "Wo?", "purpose": "To know.", "choices": [{"value": "pt", "name": "Portugal"}, {"value": "xx"}]}
    add_background_question(project=project, by=None, key="where", least_people=7, **asked)
    entries = {"violence": {"included": ["a blow"], "excluded": []}}
    faq = [{"question": "What?", "answer": "That."}]
    before = store_guideline(project).name
    publish_guideline(
        project=project, by=admin, after=before, summary="s", body="Read.\n\nThen judge.", entries=entries, faq=faq
    )
    queue = {"lease_minutes": 7, "daily_cap": None, "break_after_minutes": None, "break_minutes": 3}
    percents = {"gold_percent": 0, "repeat_percent": 2, "audit_percent": 100}
    update_queue_settings(project=project, by=admin, settings=queue | percents)
    rules = {"applies_to": "everybody", "pass_percent": 70, "attempts": 3, "size": None, "compares_categories": True}
    update_qualification(project=project, by=admin, settings=rules)
    add = {"project": project.slug, "base_url": stub_url}
    assert command("add_juror", "a", **add, model="m", price_in="0.50", rpm=60).code == 0
    Juror.objects.filter(project=project, name="a").update(api_key_env="JURY_KEY_A")
    assert (
        command("add_juror", "b", **add, model="m", asks="prompt_label", temperature=0.5, probability="yes").code == 0
    )
    assert command("add_generator", "w", **add, model="m").code == 0
    project.refresh_from_db()
    return project


@pytest.fixture(scope="module")
def admin(database):
    return Visitor(make_project(), "site-admin")


def test_a_project_made_from_a_file_writes_the_same_file(admin, stub_url, tmp_path):
    whole = project_with_all_settings(stub_url, admin.user)
    plain = [make_project(), make_project(policy="aegis2", name="n" * 120), make_project(fields="response_label")]
    plain.append(make_project(policy="certified", score_by="probability"))
    for project in (whole, *plain):
        path, slug = tmp_path / f"{project.slug}.json", new_slug()
        assert command("make_project_file", project.slug, out=path) == {"project": project.slug}
        assert command("create_project", slug, **{"from": path}) == {"project": slug}
        made = Project.objects.get(slug=slug)
        assert write_document(made) == path.read_bytes()
        assert made.salt != project.salt
    document = json.loads((tmp_path / f"{whole.slug}.json").read_bytes())
    assert (document["name"], document["votes_wanted"], document["fields"]) == ("Gärten", 5, ["prompt_label"])
    assert [each["is_retired"] for each in document["questions"]] == [False, True]
    assert document["jurors"][0]["price_in"] == "0.5"
    assert "JURY_KEY_A" not in json.dumps(document)
    assert whole.salt not in json.dumps(document)
    assert (document["guideline"]["body"], document["queue"]["audit_percent"]) == ("Read.\n\nThen judge.", 100)


def test_a_file_of_another_site_brings_its_taxonomy_and_prompts(stub_url, admin):
    document = document_of(project_with_all_settings(stub_url, admin.user))
    name, prompt = f"own-{next(numbers)}", f"prompt-{next(numbers)}"
    document["taxonomy"] |= {"name": name, "version": 3}
    for juror in document["jurors"]:
        juror["prompt"] = prompt if juror["prompt"] == document["prompts"][0]["name"] else juror["prompt"]
    document["prompts"][0]["name"] = prompt
    made = project_from_document(document, slug=new_slug(), name="Other")
    assert (made.name, str(made.taxonomy)) == ("Other", f"{name} v3")
    assert document_of(made) == document | {"name": "Other"}
    assert PromptVersion.objects.filter(name=prompt).exists()
    assert Juror.objects.get(project=made, name="a").price_in == Decimal("0.5")
    assert Queue.objects.get(project=made).lease_minutes == 7
    assert GuidelineVersion.objects.get(project=made).name == "1"
    document["taxonomy"]["categories"][0]["definition"] = "Something else."
    with pytest.raises(Invalid, match=f"There is a taxonomy {name} v3 already, with other content"):
        project_from_document(document, slug=new_slug())


def changed(document, path, value):
    """Return a copy of a document with another value at a path."""
    copy = json.loads(json.dumps(document))
    *parents, last = path
    at = copy
    for part in parents:
        at = at[part]
    at[last] = value
    return copy


def refusal_of(document):
    """Return why a document makes no project; empty if it makes one."""
    try:
        project_from_document(read_document(json.dumps(document).encode()), slug=new_slug())
    except (Invalid, Refused) as error:
        return str(error)
    return ""


def test_every_wrong_key_is_named_with_its_path_and_nothing_is_made(stub_url, admin):
    document = document_of(project_with_all_settings(stub_url, admin.user))
    before = Project.objects.count(), Taxonomy.objects.count(), Question.objects.count()
    for path, value, words in (
        (("name",), 7, "name: 7 is not of type 'string'"),
        (("name",), "a\0b", "name: it has a NUL"),
        (("assize_project",), 2, "reads version 1, and the file is of version 2"),
        (("assize_project",), True, "reads version 1"),
        (("name",), " ", "name: ' ' does not match"),
        (("taxonomy", "name"), "own\n", "taxonomy.name: .* does not match"),
        (("jurors", 0, "price_out"), "1\n", r"jurors\[0\].price_out: .* does not match"),
        (("votes_wanted",), 10**400, "votes_wanted: "),
        (("extra",), 1, "'extra' was unexpected"),
        (("fields",), [], "fields: "),
        (("fields",), ["odd"], r"fields\[0\]: 'odd' is not one of"),
        (("votes_wanted",), "3", "votes_wanted: '3' is not of type 'integer'"),
        (("votes_wanted",), 0, "votes_wanted: 0 is less"),
        (("policy",), "dice", "policy: 'dice' is not one of"),
        (("policy",), "aegis2", None),
        (("quorum",), 0, "quorum: "),
        (("caution",), "maybe", "caution: "),
        (("taxonomy", "categories", 1, "name"), "", r"taxonomy.categories\[1\].name"),
        (("taxonomy", "categories", 1, "secret"), "x", r"taxonomy.categories\[1\]: .*'secret' was unexpected"),
        (("taxonomy", "categories"), [], "taxonomy.categories: 'needs_caution' must stay"),
        (("taxonomy", "categories", 0, "definition"), "Other.", "with other content"),
        (("taxonomy",), None, "taxonomy: None is not of type 'object'"),
        (("questions", 0, "key"), "prompt_label", r"questions\[0\].key"),
        (("questions", 0, "choices"), [], r"questions\[0\]"),
        (("questions", 1, "key"), "how_bad", r"questions\[1\].key"),
        (("guideline", "faq"), [{"question": "a"}], r"guideline.faq\[0\]: 'answer' is a required"),
        (("guideline", "body"), "a\n" * 10_001, "guideline.guideline: the guideline has"),
        (("queue", "gold_percent"), 101, "queue.gold_percent"),
        (("prompts", 0, "text"), "not = toml = at all", r"prompts\[0\]: "),
        (("jurors", 0, "base_url"), "ftp://x", r"jurors\[0\]: "),
        (("jurors", 0, "prompt"), "no-such", r"jurors\[0\]: There is no prompt"),
        (("jurors", 0, "extra_body"), {"messages": []}, r"jurors\[0\]: messages does not belong"),
        (("jurors", 1, "name"), "a", r"jurors\[1\]: .*has a juror 'a' already"),
        (("jurors", 0, "price_in"), "1e9", r"jurors\[0\].price_in"),
    ):
        wrong = changed(document, path, value)
        if words is None:
            project_from_document(read_document(json.dumps(wrong).encode()), slug=new_slug())
            before = Project.objects.count(), Taxonomy.objects.count(), Question.objects.count()
            continue
        assert re.search(words, refusal_of(wrong)), (path, refusal_of(wrong))
    assert (Project.objects.count(), Taxonomy.objects.count(), Question.objects.count()) == before


def test_what_is_no_project_file_is_told_so():
    for content, words in (
        (b"", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "no project file of Assize"),
        (b"{}", "no project file of Assize"),
        (b'{"name": "a"}', "no project file of Assize"),
        (b'{"a": 1, "a": 2}', "'a' is there twice"),
        (b'{"assize_project": NaN}', "NaN is not a value"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"assize_project": 1, "name": ' + b"[" * 50 + b"]" * 50 + b"}", "nested deeper than"),
        (b'{"assize_project": 1, "name": "\\ud800"}', "half a character"),
        (b'{"assize_project": 1, "' + b"k" * 10_000 + b'": 1}', "was unexpected|more"),
        (b" " * (MOST_BYTES + 1), "bytes"),
    ):
        with pytest.raises(Invalid, match=words) as raised:
            read_document(content)
        assert len(str(raised.value)) < 6_000, content[:40]
    with pytest.raises(Invalid, match="no project file"):
        check_document(None)


def test_the_command_names_what_is_wrong(tmp_path):
    project, path = make_project(), tmp_path / "file.json"
    assert command("make_project_file", project.slug, out=path).code == 0
    for arguments, words in (
        ((project.slug, f"--from={path}"), "There is a project"),
        ((new_slug(), f"--from={path}", "--policy=human"), "--policy comes from the file"),
        ((new_slug(), f"--from={tmp_path / 'none.json'}"), "cannot be read"),
        ((new_slug(), f"--from={tmp_path}"), "cannot be read"),
    ):
        refused = command("create_project", *arguments)
        assert (refused.code, words in refused.stderr) == (2, True), refused.stderr
    path.write_text("{}")
    assert "file: this is no project file" in command("create_project", new_slug(), f"--from={path}").stderr
    assert command("make_project_file", "nowhere").code == 2
    assert command("make_project_file", project.slug, out=tmp_path / "no" / "where").code == 2
    assert command("make_project_file", project.slug).stderr.endswith(f'{{"project":"{project.slug}"}}\n')


def test_pages_give_and_take_files(admin):
    project, slug = make_project(votes_wanted=4), new_slug()
    owner = Visitor(project, "admin")
    download = owner.get("settings/file/")
    assert download.headers["Content-Disposition"] == f'attachment; filename="{project.slug}.project.json"'
    assert Visitor(project, "lead").get("settings/file/").status_code == 403
    page = "/new-project/from-file/"
    assert "From a project file" in admin.client.get("/new-project/").content.decode()
    assert admin.client.get(page).status_code == 200
    assert owner.client.get(page).status_code == 403

    def send(content, slug, client=admin.client):
        return client.post(page, {"file": SimpleUploadedFile("f.json", content), "slug": slug, "name": ""})

    assert send(download.content, slug, owner.client).status_code == 403
    assert send(b"{}", slug).status_code == 422
    assert send(download.content, "odd slug").status_code == 422
    assert admin.client.post(page, {"slug": slug}).status_code == 422
    assert send(download.content, slug).headers["Location"] == f"/projects/{slug}/"
    assert send(download.content, slug).status_code == 409
    made = Project.objects.get(slug=slug)
    assert (made.votes_wanted, made.name, access_to(slug, admin.user).is_admin) == (4, f"{project.name} (copy)", True)
    assert Event.objects.get(project=made, verb=Verb.PROJECT_CREATED).actor == admin.user


def test_routes_make_change_and_give_projects():
    project = make_project(name="Garden")
    boss, admin, lead = Program(project, "site-admin"), Program(project, "admin"), Program(project, "lead")
    route, slug, other = f"projects/{project.slug}/", new_slug(), new_slug()
    for caller in (admin, lead):
        assert caller.post("projects/", {"slug": slug}).status_code == 403
    made = boss.post("projects/", {"slug": slug, "votes_wanted": 2, "fields": ["prompt_label"], "policy": "human"})
    assert (made.status_code, made.json()["votes_wanted"], made.json()["fields"]) == (201, 2, ["prompt_label"])
    assert boss.post("projects/", {"slug": slug}).status_code == 409
    file = admin.get(f"{route}file/").json()
    assert lead.get(f"{route}file/").status_code == 403
    assert boss.post("projects/", {"slug": other, "file": file}).json()["name"] == "Garden"
    for body, wrong in (
        ({}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"slug": new_slug(), "odd": 1}, "odd"),
        ({"slug": new_slug(), "fields": ["odd"]}, "fields"),
        ({"slug": new_slug(), "file": file, "policy": "human"}, "policy"),
        ({"slug": new_slug(), "file": file | {"odd": 1}}, "file"),
        ({"slug": new_slug(), "file": None}, "file"),
    ):
        refused = boss.post("projects/", body)
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [wrong]), body
    looked = admin.client.patch(f"/api/v1/{route}?dry_run=1", {"votes_wanted": 4}, content_type="application/json")
    assert (looked.json()["from"]["votes_wanted"], looked.json()["to"]["votes_wanted"]) == (3, 4)
    assert admin.patch(route, {"votes_wanted": 4}).json()["error"]["fields"].keys() == {"reason"}
    change = {"name": "Park", "votes_wanted": 4, "reason": "r", "version": looked.json()["version"]}
    assert lead.patch(route, change).status_code == 403
    done = admin.patch(route, change)
    assert (done.status_code, done.json()["to"]["name"]) == (200, "Park")
    assert done.json()["slots"].keys() == {"open", "leased", "opened", "closed", "open_then"}
    again = admin.patch(route, change)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "changed_meanwhile")
    assert admin.patch(route, {"name": "Park", "reason": "r"}).json()["error"]["code"] == "same_settings"
    fields = admin.patch(route, {"fields": ["prompt_label"], "reason": "r"}).json()
    counts = dict.fromkeys(("labels", "voted_without", "settled_without"), 0)
    assert fields["fields"] == [{"field": "response_label", "is_added": False, **counts}]
    assert fields["decisions"]["labels"] == 0


def test_file_without_what_splits_go_by_makes_a_project_of_prompts(tmp_path):
    document = json.loads(write_document(make_project()))
    assert document.pop("split_by") == "cluster"
    path, slug = tmp_path / "older.json", new_slug()
    path.write_text(json.dumps(document))
    assert command("create_project", slug, f"--from={path}").code == 0
    assert Project.objects.get(slug=slug).split_by == Project.SplitBy.PROMPT
    path.write_text(json.dumps(document | {"split_by": "coin"}))
    assert "split_by: 'coin' is not one of" in command("create_project", new_slug(), f"--from={path}").stderr
