"""Site admins create projects on a page."""

import pytest

from adjudication.panel_scores import ScoreBy
from adjudication.policies import Promise, policy_of
from corpus.access import access_to
from corpus.models import Event, Project, Verb
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, make_project, numbers
from workspace.forms.projects import TEMPLATES, template_named
from workspace.project_files.writing import write_document
from workspace.queries.project_settings import proposal_of, proposed_settings, settings_version

PAGE = "/new-project/"


@pytest.fixture(scope="module")
def admin(database):
    return Visitor(make_project(), "site-admin")


def fields(name, **more):
    wanted = {"fields_wanted": ["prompt_label", "response_label"], "taxonomy": "aegis2", "policy": "majority"}
    return {"name": name, "votes_wanted": 3} | wanted | more


def errors_of(page):
    return {name: " ".join(texts) for name, texts in page.context["form"].errors.items()}


@pytest.mark.parametrize("key", [template.key for template in TEMPLATES])
def test_each_template_makes_a_project_as_it_is(admin, key):
    form = admin.client.get(PAGE, {"template": key}).context["form"]
    filled = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    name = f"Garden {key} {next(numbers)}"
    sent = {each: value for each, value in filled.items() if value is not None} | {"name": name, "taxonomy": "aegis2"}
    page = admin.client.post(PAGE, sent, follow=True)
    project = Project.objects.get(name=name)
    assert page.redirect_chain == [(f"/projects/{project.slug}/", 302)]
    assert f"{name} is created." in page.content.decode()
    wanted = template_named(key).initial
    assert (list(project.fields), project.policy, project.votes_wanted) == (
        wanted["fields_wanted"], wanted["policy"], 3,
    )  # fmt: skip
    assert access_to(project.slug, admin.user).is_admin
    created = Event.objects.get(project=project, verb=Verb.PROJECT_CREATED)
    assert created.actor == admin.user


def test_settings_are_taken_and_the_slug_comes_from_the_name(admin):
    number = next(numbers)
    more = {"fields_wanted": ["response_label"], "votes_wanted": 5, "quorum": 4, "caution": "safe", "policy": "jury"}
    assert admin.client.post(PAGE, fields(f"Été & <b>, {number}", **more)).status_code == 302
    project = Project.objects.get(slug=f"ete-b-{number}")
    assert (project.votes_wanted, project.quorum, project.caution, project.policy) == (5, 4, "safe", "jury")
    assert project.fields == ("response_label",)
    page = admin.client.post(PAGE, fields(f"Few {number}", votes_wanted=1), follow=True).content.decode()
    assert "The policy needs 3 opinions, and people give 1" in page


def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_made(admin):
    before = Project.objects.count()
    cases = {
        "name": fields(""),
        "fields_wanted": fields("Plain", fields_wanted=[]),
        "taxonomy": fields("Plain", taxonomy="no such"),
        "policy": fields("Plain", policy="dice"),
        "votes_wanted": fields("Plain", votes_wanted=0),
        "slug": fields("\u0449\u0438\u0442"),  # letters that no slug can have
        "quorum": fields("Plain", quorum="-1"),
        "caution": fields("Plain", caution="maybe"),
    }
    for field, sent in cases.items():
        page = admin.client.post(PAGE, sent)
        assert (page.status_code, list(errors_of(page))) == (422, [field]), field
    page = admin.client.post(PAGE, fields("Plain", policy="aegis2", fields_wanted=["response_label"]))
    assert page.status_code == 409
    assert Project.objects.count() == before


def test_a_form_sent_twice_makes_one_project_and_says_so(admin):
    name = f"Twice {next(numbers)}"
    assert admin.client.post(PAGE, fields(name)).status_code == 302
    page = admin.client.post(PAGE, fields(name))
    assert page.status_code == 409
    assert "There is a project" in errors_of(page)["__all__"]
    assert Project.objects.filter(name=name).count() == 1


@pytest.mark.parametrize("role", ["annotator", "lead", "admin"])
def test_others_are_told_no_and_are_shown_no_button(admin, role):
    visitor = Visitor(make_project(), role)
    name = f"Mine {next(numbers)}"
    assert visitor.client.get(PAGE).status_code == 403
    assert visitor.client.post(PAGE, fields(name)).status_code == 403
    assert not Project.objects.filter(name=name).exists()
    assert PAGE not in visitor.client.get("/").content.decode()
    assert PAGE in admin.client.get("/").content.decode()


def test_what_certified_promises_is_said_at_the_start_by_page_command_and_route(admin):
    number = next(numbers)
    page = admin.client.get(PAGE, {"template": "certified"}).content.decode()
    assert "People label a blind sample" in page
    sent = fields(f"Sure {number}", policy="certified", error="0.02", risk="0.2", score_by="probability")
    assert admin.client.post(PAGE, sent).status_code == 302
    program = Program(make_project(), "site-admin")
    terms = {"policy": "certified", "error": 0.02, "risk": 0.2, "score_by": "probability"}
    body = {"slug": f"surer-{number}", **terms}
    made = program.post("projects/", body).json()
    assert (made["error"], made["risk"], made["score_by"]) == (0.02, 0.2, "probability")
    assert command("create_project", f"surest-{number}", **terms)["project"] == f"surest-{number}"
    for slug in (f"sure-{number}", f"surer-{number}", f"surest-{number}"):
        project = Project.objects.get(slug=slug)
        assert policy_of(project).promise == Promise(0.02, 0.2, ScoreBy.PROBABILITY)
    for wrong in ("0", "0.6", "nan", "-1"):
        page = admin.client.post(PAGE, fields("Wrong", policy="certified", error=wrong))
        assert (page.status_code, list(errors_of(page))) == (422, ["error"])
        assert program.post("projects/", body | {"slug": "wrong", "risk": wrong}).status_code == 400
        refused = command("create_project", "wrong", policy="certified", risk=wrong)
        assert (refused.code, "risk" in refused.stderr) == (2, True), wrong
    for wrong in ("", "shares", "0"):
        assert program.post("projects/", body | {"slug": "wrong", "score_by": wrong}).status_code == 400, wrong
    assert command("create_project", "wrong", policy="certified", score_by="shares").code != 0
    assert not Project.objects.filter(slug="wrong").exists()


def test_the_usual_score_is_stored_and_told_as_if_nobody_had_chosen_it():
    number, program = next(numbers), Program(make_project(), "site-admin")
    for at, chosen in enumerate(({}, {"score_by": None}, {"score_by": "share"})):
        made = program.post("projects/", {"slug": f"plain-{number}-{at}", "policy": "certified", **chosen}).json()
        assert "score_by" not in made
        project = Project.objects.get(slug=f"plain-{number}-{at}")
        assert policy_of(project).settings == {"quorum": 3, "caution": "safe", "error": 0.05, "risk": 0.1}
        assert b"score_by" not in write_document(project)


def test_the_preview_of_other_settings_keeps_what_is_promised():
    project = make_project(fields="prompt_label", policy="certified")
    before = settings_version(project)
    for change in ({"certified_error": 0.02}, {"certified_score_by": "probability"}):
        Project.objects.filter(pk=project.pk).update(**change)
        project.refresh_from_db()
        assert settings_version(project) != before
        before = settings_version(project)
    new = proposed_settings(project, votes_wanted=5)
    assert policy_of(proposal_of(project, new)).promise == Promise(0.02, 0.10, ScoreBy.PROBABILITY)
