"""Prompts written in a project: drafts, previews, trials, and versions that never change."""

import pytest

from adjudication.actions.taxonomy_change import publish_changes
from corpus.errors import Invalid, Refused
from corpus.models import Event
from jury import actions, queries
from jury.models import Ballot, Juror, PromptDraft, PromptVersion
from jury.prompt_lines import line_of_error
from jury.prompting import FORM_WORDS, Form
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import dialogue, import_dialogues, make_project, numbers
from tests.jury.factories import add_generator, add_jurors, project_with_items

GOOD = "user = '''\nIs this safe? $dialogue\nAnswer: $answer'''\n"
pytestmark = pytest.mark.usefixtures("no_worker")


def fresh(stem="own"):
    return f"{stem}-{next(numbers)}-v1"


def draft_of(project, text=GOOD, base="full-policy-v2"):
    draft = actions.start_draft(project=project, based_on=base, name=fresh())
    return actions.save_draft(draft=draft, text=text, name=draft.name, revision=1)


@pytest.fixture(scope="module")
def lead(database, tmp_path_factory):
    return Visitor(project_with_items(tmp_path_factory.mktemp("prompts"), 7), "lead")


def test_lead_writes_previews_and_freezes_a_prompt_by_page(lead):
    listed = lead.get("jury/prompts/").content.decode()
    assert "full-policy-v2" in listed
    assert "Lines of Qwen3Guard" in listed
    assert set(FORM_WORDS) == set(Form)
    page = lead.get("jury/prompts/new/", **{"from": "full-policy-v2"})
    assert page.context["form"].initial["name"].startswith("full-policy-v")
    name = fresh()
    where = lead.post("jury/prompts/new/", based_on="full-policy-v2", name=name)["Location"]
    draft = PromptDraft.objects.get(name=name)
    assert "<textarea" in lead.client.get(where).content.decode()
    saved = lead.client.post(where, {"name": name, "text": GOOD.replace("\n", "\r\n"), "revision": 1})
    assert saved.status_code == 302
    page = lead.client.get(where, {"item": "i001"})
    assert page.context["preview"].item == "i001"
    assert "What is i001?" in page.content.decode()
    sent = {"do": "freeze", "name": name, "text": GOOD.replace("\n", "\r\n")}
    assert lead.client.post(where, sent | {"revision": 1}).status_code == 409
    bad = lead.client.post(where, sent | {"text": "user = 'unsaved $nothing'", "revision": 2})
    assert (bad.status_code, bad.context["form"]["text"].value()) == (409, "user = 'unsaved $nothing'")
    draft.refresh_from_db()
    draft = actions.save_draft(draft=draft, text="user = 'older'", name=name, revision=draft.revision)
    assert lead.client.post(where, sent | {"revision": 3})["Location"].endswith(f"/jury/prompts/of/{name}/")
    version = PromptVersion.objects.get(name=name)
    assert (version.text, version.project) == (GOOD, lead.project)
    assert not PromptDraft.objects.filter(pk=draft.pk).exists()
    assert name in lead.get(f"jury/prompts/of/{name}/").content.decode()
    assert Event.objects.filter(project=lead.project, verb="prompt.frozen", subject=name).exists()
    chosen = lead.get("jury/jurors/", prompt=name).context["form"]
    assert (chosen["prompt"].value(), name in dict(chosen.fields["prompt"].choices)) == (name, True)


def test_what_is_wrong_is_said_with_its_line_and_nothing_typed_is_lost(lead):
    draft = draft_of(lead.project)
    where = f"jury/prompts/drafts/{draft.pk}/"
    for revision, (text, line, words) in enumerate(
        [
            ("user = 'a'\nsystem = \n", 2, "is not TOML"),
            ("user = 'a'\nrationale = 'yes'\n", 2, "rationale is not true or false"),
            ("system = 'b'\nuser = '''\na $answer\n$nothing'''\n", 4, "$nothing"),
            ("user = 'a'\n\nform = 'no form'\n", 3, "no form"),
            ("user = 'a'\ncolour = 1\n", 2, "unknown key 'colour'"),
            ("", None, "user is missing"),
        ],
        start=2,
    ):
        assert lead.post(where, name=draft.name, text=text, revision=revision).status_code == 302
        page = lead.get(where)
        assert page.context["form"]["text"].value() == text
        assert words in page.context["problem"], text
        assert page.context["line"] == line, (text, page.context["problem"])
        with pytest.raises(Refused):
            actions.freeze_draft(draft=draft, revision=revision + 1)
    long = "x" * 100_001
    refused = lead.post(where, name=draft.name, text=long, revision=8)
    assert (refused.status_code, refused.context["form"]["text"].value()) == (422, long)
    assert line_of_error("a", "something else") is None


def test_two_tabs_are_noticed_and_the_later_one_keeps_what_was_typed(lead):
    draft = draft_of(lead.project)
    where = f"jury/prompts/drafts/{draft.pk}/"
    assert lead.post(where, name=draft.name, text="user = 'first'", revision=2).status_code == 302
    second = lead.post(where, name=draft.name, text="user = 'second'", revision=2)
    html = second.content.decode()
    assert second.status_code == 409
    assert "another tab" in html
    assert "user = &#x27;second&#x27;" in html
    draft.refresh_from_db()
    assert draft.text == "user = 'first'"
    again = lead.post(
        where, name=draft.name, text="user = 'second'", revision=second.context["form"]["revision"].value()
    )
    draft.refresh_from_db()
    assert (again.status_code, draft.text) == (302, "user = 'second'")
    actions.remove_draft(draft=draft)
    with pytest.raises(Refused, match="no more"):
        actions.save_draft(draft=draft, text="", name="a", revision=4)


def test_text_for_a_draft_that_is_gone_is_kept(lead):
    frozen, removed = draft_of(lead.project), draft_of(lead.project)
    where = f"jury/prompts/drafts/{frozen.pk}/"
    lead.post(where, name=frozen.name, text=GOOD, revision=2, do="freeze")
    number = removed.pk
    actions.remove_draft(draft=removed)
    for draft, words in ((frozen.pk, f"{frozen.name}</a>"), (number, "was removed")):
        for do in ("", "freeze"):
            late = lead.post(f"jury/prompts/drafts/{draft}/", name="own", text="user = 'b'", revision=2, do=do)
            assert late.status_code == 409
            assert words in late.content.decode()
            assert "user = &#x27;b&#x27;" in late.content.decode()
    assert lead.get(where).status_code == 404
    assert lead.post(where).status_code == 404


def test_draft_warns_of_categories_without_the_lists_it_writes():
    project = make_project()
    changes = [{"change": "edit", "slug": "threat", "category": {"included": []}}]
    text = "category = '$slug: $included'\nuser = '$dialogue $categories'\n"
    assert actions.categories_without_lists(draft_of(project, text)) == []
    publish_changes(project=project, by=None, changes=changes, reason="to see", based_on=str(project.taxonomy))
    draft = draft_of(project, text)
    assert actions.categories_without_lists(draft) == ["Threat"]
    assert "no such list" in Visitor(project, "lead").get(f"jury/prompts/drafts/{draft.pk}/").content.decode()
    assert actions.categories_without_lists(draft_of(project)) == []


def test_frozen_versions_never_change_and_names_are_unique_in_the_site(lead, tmp_path):
    """Elsewhere a prompt that is served may be another than the one that was meant (langfuse 5908)."""
    version = actions.freeze_prompt(project=lead.project, name=fresh(), text=GOOD)
    other = make_project()
    for project in (lead.project, other):
        with pytest.raises(Invalid, match="taken"):
            actions.freeze_prompt(project=project, name=version.name, text=GOOD + "# other")
        with pytest.raises(Invalid, match="taken"):
            actions.start_draft(project=project, based_on="full-policy-v2", name=version.name)
    for name in ("imported", "a b", "", "x" * 61, "full-policy-v2"):
        with pytest.raises(Invalid):
            actions.freeze_prompt(project=other, name=name, text=GOOD)
    (tmp_path / f"{version.name}.toml").write_text("user = 'of a later release $dialogue'")
    actions.load_prompts(tmp_path)
    version.refresh_from_db()
    assert version.text == GOOD


def test_frozen_text_is_what_was_written_but_for_line_ends():
    odd = "user = 'One\u2028two\x85three\u2029 $dialogue'"
    version = actions.freeze_prompt(project=make_project(), name=fresh(), text=f"{odd}\r\n# more\r# last")
    assert version.text == f"{odd}\n# more\n# last\n"


def test_versions_of_other_projects_are_neither_shown_nor_used(lead, stub_url):
    version = actions.freeze_prompt(project=lead.project, name=fresh(), text=GOOD)
    stranger = Visitor(make_project(), "lead")
    assert version.name not in stranger.get("jury/prompts/").content.decode()
    assert stranger.get(f"jury/prompts/of/{version.name}/").status_code == 404
    assert version.name not in queries.prompt_names(stranger.project)
    parameters = {"model": "stub-1.0", "base_url": stub_url}
    with pytest.raises(Refused, match="There is no prompt"):
        actions.add_juror(project=stranger.project, name="a", prompt=version.name, **parameters)
    assert actions.add_juror(project=lead.project, name=fresh("juror"), prompt=version.name, **parameters).pk


def test_draft_is_tried_on_five_dialogues_and_stores_nothing(lead, stub_url):
    add_jurors(lead.project, stub_url, "stub-0.9", price_in=1, price_out=1)
    juror = Juror.objects.get(project=lead.project, name="stub-0.9")
    draft = draft_of(lead.project)
    where = f"jury/prompts/drafts/{draft.pk}/"
    assert "Five calls" in lead.get(where).content.decode()
    versions = PromptVersion.objects.count()
    page = lead.post(where + "try/", juror=juror.pk)
    html = page.content.decode()
    assert page.status_code == 200, html
    assert len(page.context["trials"]) == 5
    assert {trial.answer.outcome for trial in page.context["trials"]} == {"cast"}, html
    assert all("Is this safe?" in trial.messages[0]["content"] for trial in page.context["trials"])
    assert page.context["cost"] > 0
    assert not Ballot.objects.filter(juror=juror).exists()
    assert PromptVersion.objects.count() == versions
    assert Event.objects.filter(project=lead.project, verb="juror.tried", subject="stub-0.9").exists()
    assert lead.post(where + "try/", juror=0).status_code == 409
    one_verdict = draft_of(lead.project, "form = 'yesno'\nuser = '$dialogue'\n")
    refused = lead.post(f"jury/prompts/drafts/{one_verdict.pk}/try/", juror=juror.pk)
    assert refused.status_code == 409


def test_draft_for_generators_is_previewed_and_tried_with_one(lead, stub_url):
    writer = add_generator(lead.project, stub_url)
    draft = draft_of(lead.project, "form = 'response'\nsystem = 'Be short.'\n", base="respond-v1")
    where = f"jury/prompts/drafts/{draft.pk}/"
    page = lead.get(where)
    assert page.context["preview"].messages[0]["content"] == "Be short."
    assert list(page.context["try_form"].fields["juror"].queryset) == [writer]
    assert len(lead.post(where + "try/", juror=writer.pk).context["trials"]) == 5


def test_preview_says_why_there_is_none(tmp_path):
    project = make_project()
    with pytest.raises(Refused, match="no dialogue"):
        actions.preview_draft(draft=draft_of(project))
    import_dialogues(project, tmp_path, [dialogue("one")])
    for form in ("object", "yesno", "nemoguard", "llamaguard"):
        draft = draft_of(project, f"form = '{form}'\nuser = '$dialogue'\n")
        assert actions.preview_draft(draft=draft).item == "one", form


def test_prompts_by_rest():
    project = make_project()
    program, name = Program(project, "lead"), fresh()
    route = f"projects/{project.slug}/prompts/"
    made = program.post(route, {"name": name, "text": GOOD})
    assert (made.status_code, made.json()["project"], made.json()["text"]) == (201, project.slug, GOOD)
    listed = {prompt["name"]: prompt["project"] for prompt in program.get(route).json()}
    assert (listed[name], listed["full-policy-v2"]) == (project.slug, None)
    assert program.get(f"{route}{name}/").json()["sha256"] == made.json()["sha256"]
    assert program.post(route, {"name": name, "text": GOOD}).status_code == 400
    assert program.post(route, {"name": fresh(), "text": "user = "}).status_code == 409
    assert Program(project, "annotator").get(route).status_code == 403
    assert Program(make_project(), "lead").get(f"{route}").status_code == 404


def test_names_of_new_versions_count_on():
    stem = f"count-{next(numbers)}"
    actions.freeze_prompt(project=make_project(), name=f"{stem}-v2", text=GOOD)
    assert queries.next_name(f"{stem}-v1") == f"{stem}-v3"
    assert queries.next_name(stem) == f"{stem}-v3"
    assert queries.next_name("respond-v1") == "respond-v2"


def test_version_goes_along_with_a_clone(lead, stub_url):
    version = actions.freeze_prompt(project=lead.project, name=fresh(), text=GOOD)
    assert actions.store_prompt(version.name, GOOD) is None
    assert version.name in queries.prompt_names(make_project())
    with pytest.raises(Refused, match="has changed"):
        actions.store_prompt(version.name, GOOD + "# other")
