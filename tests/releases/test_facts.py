"""Facts of a release as the database has them: figures that papers, manifest, votes file and commands share."""

import hashlib
import html
import json
import logging
import re
from datetime import UTC, datetime

import mlcroissant
import pyarrow.parquet as pq
from absl import logging as absl_logging

from annotation.models import Annotator, Audit, Gold, GuidelineVersion, Qualification, Vote
from corpus.models import Item
from jury.models import GeneratedResponse, Juror
from tests.adjudication.disputes import disputed_project, reader
from tests.adjudication.test_case_filters import settle
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.jury.test_queries import cast, juror_of
from tests.releases.test_release import PAPERS, labelled_project, release

HOSTILE = 'Ou"r </script><b>גן</b>\u202e line\nbreak \\u0041 \u2028 {{x}} <!-- [a](javascript:b)'
KINDS = ("human", "llm")
AT = datetime(2026, 2, 3, 12, tzinfo=UTC)


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def issues_of(path):
    """Return what mlcroissant says against a description, logged or not, and the dataset."""
    kept, logger = Kept(), absl_logging.get_absl_logger()
    logger.addHandler(kept)
    try:
        dataset = mlcroissant.Dataset(jsonld=path)
    finally:
        logger.removeHandler(kept)
    return [*kept.messages, *dataset.metadata.ctx.issues.errors, *dataset.metadata.ctx.issues.warnings], dataset


def varied_project(folder):
    """Return a project with disagreeing raters of both kinds, two sources, and dialogues of several forms."""
    project = make_project(name="Garden talk")
    rows = [
        dialogue(f"i{n:02}", response=n % 3 > 0, source="plants" if n % 2 else "", license="MIT") for n in range(24)
    ]
    rows[1] = {
        "id": "i01", "source": "plants", "license": "MIT",
        "turns": [{"role": role, "text": f"{role} {n}"} for n, role in enumerate(
            ("system", "user", "assistant", "user", "assistant"))],
    }  # fmt: skip
    import_dialogues(project, folder, rows)
    votes = []
    for n in range(24):
        response = "safe" if n % 3 else None
        for rater, unsafe in (("ada", n % 2), ("bea", n % 4 == 1), ("cyd", n % 5 == 1), ("model-m", n % 2 == 0)):
            label = "unsafe" if unsafe else "needs_caution" if n == 7 else "safe"
            more = {"categories": ["threat"]} if label != "safe" else {}
            votes.append(opinion(f"i{n:02}", rater, label, response, cast_at=f"2026-02-{1 + n:02}T12:00:00Z", **more))
    import_votes(project, folder, votes)
    return project


def test_papers_say_what_command_manifest_and_votes_file_say(tmp_path):
    project = varied_project(tmp_path)
    out, _ = release(project, tmp_path, date="2026-03-04")
    texts = {name: (out / name).read_text() for name in PAPERS}
    manifest, votes = json.loads((out / "manifest.json").read_bytes()), pq.read_table(out / "votes.parquet").to_pylist()
    for field in ("prompt_label", "response_label"):
        for raters, words in (("all", "people and models together"), ("human", "people")):
            found = command("agreement", project=project.slug, field=field, raters=raters)
            alpha = "not defined" if found["krippendorff_alpha"] is None else f"{found['krippendorff_alpha']:.3f}"
            part = field.removesuffix("_label")
            said = f"On the {part}, {words}: {found['items']} dialogues with two or more opinions, "
            for name in ("README.md", "datasheet.md", "datasheet.html", "article-10.md", "article-10.html"):
                assert said + f"{found['opinions']} in all" in texts[name]
                [line] = [each for each in texts[name].splitlines() if said in each]
                assert f"{100 * found['percent']:.1f} % of pairs agree" in line
                assert alpha in line
            assert any(
                said in each and alpha in each
                for each in json.loads(texts["croissant.json"])["rai:dataAnnotationAnalysis"]
            )
    people = sum(vote["kind"] == "human" for vote in votes)
    for name, text in texts.items():
        assert f"{manifest['rows']} dialogues" in text, name
        assert f"{people} votes by people" in text, name
        assert f"{len(votes) - people} ballots by models" in text, name
        assert "from 2026-02-01 to 2026-02-24 (UTC)" in text, name
    forms = "1 has more than one turn of the user and 1 has a system turn"
    assert all(forms in texts[name] for name in ("README.md", "datasheet.md", "datasheet.html"))
    unsafe = {kind: [vote["prompt_label"] == "unsafe" for vote in votes if vote["kind"] == kind] for kind in KINDS}
    human, llm = (f"{100 * sum(unsafe[kind]) / len(unsafe[kind]):.1f} %" for kind in KINDS)
    both = f"{human} of the people's and {llm} of the models' opinions call the prompt unsafe."
    assert all(f"On 24 dialogues that both labelled, {both}" in html.unescape(text) for text in texts.values())
    jurors = {vote["rater"] for vote in votes if vote["kind"] == "llm"}
    assert all(f"{juror}: model" in texts["datasheet.md"] for juror in jurors)


def test_facts_follow_what_happens_in_a_project(tmp_path):
    project = varied_project(tmp_path)
    command("withdraw_item", "i03", project=project.slug, reason="Asked for.")
    Item.objects.filter(project=project, external_id="i05").update(license="Other")
    out, _ = release(project, tmp_path, license=["MIT"])
    sheet = (out / "datasheet.md").read_text()
    rows = json.loads((out / "manifest.json").read_bytes())["rows"]
    said = f"{rows} released, 1 withdrawn, 1 left out for their licence, {22 - rows} disputed"
    assert said in sheet
    assert "Only dialogues under MIT were released." in sheet
    version = GuidelineVersion.objects.get(project=project)
    assert version.name == "imported"
    assert "under a guideline that is not known here" in sheet


def test_mlcroissant_has_nothing_to_say_against_a_description(tmp_path):
    project = labelled_project(tmp_path, 12)
    project.name = HOSTILE
    project.save(update_fields=["name"])
    Item.objects.filter(project=project, external_id__lt="i004").update(source=HOSTILE, license=HOSTILE)
    dated, _ = release(project, tmp_path, date="2026-01-02")
    undated, _ = release(project, tmp_path, "1.0.1")
    for out in (dated, undated):
        said, dataset = issues_of(out / "croissant.json")
        assert said == []
        assert len(list(dataset.records("train"))) == len(json.loads((out / "train.json").read_bytes()))
    text = (dated / "croissant.json").read_text()
    described = json.loads(text)
    assert "<" not in text
    assert described["description"].startswith(f"{HOSTILE}: ")
    assert HOSTILE in described["license"]
    assert [each["prov:label"] for each in described["prov:wasDerivedFrom"]] == ["not stated", HOSTILE]
    assert (described["datePublished"], "datePublished" in json.loads((undated / "croissant.json").read_text())) == (
        "2026-01-02", True,
    )  # fmt: skip


def test_agents_and_plans_are_those_of_the_votes_file(tmp_path):
    out, _ = release(varied_project(tmp_path), tmp_path)
    described = json.loads((out / "croissant.json").read_bytes())
    votes = pq.read_table(out / "votes.parquet").to_pylist()
    made = {each["@id"].removeprefix("activity/"): each for each in described["prov:wasGeneratedBy"]}
    assert list(made) == ["import", "votes", "ballots"]
    agents = {each["@id"].removeprefix("agent/") for each in made["ballots"]["prov:wasAssociatedWith"]}
    assert agents == {vote["rater"] for vote in votes if vote["kind"] == "llm"}
    assert made["votes"]["prov:startedAtTime"] == "2026-02-01T00:00:00Z"
    texts = json.dumps({"body": "", "entries": {}, "faq": []}, sort_keys=True, separators=(",", ":")).encode()
    assert made["votes"]["prov:used"][0]["@id"] == f"guideline/{hashlib.sha256(texts).hexdigest()}"


def grown_project(folder):
    """Return a project labelled here: a settled case, a juror's ballots of each outcome, checks of annotators."""
    project = disputed_project(folder, "open", "settled")
    settle(project, reader(project), "settled")
    rows = [dialogue("made", license="MIT"), dialogue("tools", license="MIT"), dialogue("old", response=False)]
    import_dialogues(project, folder, rows)
    import_votes(
        project, folder, [opinion(name, rater, "safe", "safe") for name in ("made", "tools") for rater in "abc"]
    )
    made, tools, old = (Item.objects.get(project=project, external_id=name) for name in ("made", "tools", "old"))
    turns = [
        {"role": "user", "text": "Weather?"},
        {"role": "tool", "text": "Sun."},
        {"role": "assistant", "text": "Sun."},
    ]
    Item.objects.filter(pk=tools.pk).update(turns=turns, reconstruction_id=7, replaces="older")
    version = GuidelineVersion.objects.create(project=project, name="1", body="Be fair.")
    voter = Annotator.objects.create(project=project, name="eve", is_qualified=True)
    vote = {
        "taxonomy": project.taxonomy,
        "guideline": version,
        "annotator": voter,
        "cast_at": AT,
        "prompt_label": "safe",
    }
    first = Vote.objects.create(item=made, is_current=False, **vote)
    Vote.objects.create(item=made, supersedes=first, **vote)
    Vote.objects.create(item=made, is_current=False, repeats=first, **vote)
    Qualification.objects.create(project=project, is_on=True, pass_percent=75)
    Gold.objects.create(project=project, item=old, prompt_label="safe")
    Audit.objects.create(
        project=project, item=made, prompt_label="safe", reason="Fine.", audited_at=AT, auditor=reader(project)
    )
    juror = juror_of(project, "small-model")
    Juror.objects.filter(pk=juror.pk).update(trained_on="0.9")
    cast(made, juror, cast_at=AT)
    for item, outcome in ((tools, "abstained"), (old, "unreadable")):
        cast(item, juror, outcome=outcome, prompt_label=None)
    GeneratedResponse.objects.create(
        item=made, juror=juror, prompt=juror.prompt, outcome="cast", text="That is made.", cast_at=AT, published_at=AT,
        published_in=made,
    )  # fmt: skip
    return project, juror


def test_each_fact_of_a_project_is_read(tmp_path):
    project, juror = grown_project(tmp_path)
    out, _ = release(project, tmp_path)
    sheet, described = (out / "datasheet.md").read_text(), json.loads((out / "croissant.json").read_bytes())
    published = GuidelineVersion.objects.get(project=project, name="1").published_at
    rater = described["prov:wasGeneratedBy"][2]["prov:wasAssociatedWith"][0]["@id"].removeprefix("agent/")
    texts = json.dumps({"body": "Be fair.", "entries": {}, "faq": []}, sort_keys=True, separators=(",", ":")).encode()
    said = [
        "1 adjudicator settled 1 disputed dialogue of these, each first blind and with a reason.",
        "Of the dialogues, 1 has calls of tools or their results.",
        "1 prompt withheld by the source",
        "1 dialogue with a text corrected since the import.",
        "Responses written within the project, by model: small-model (1).",
        "Annotators qualify with 75 % of known labels right; 1 may work.",
        "Annotators are checked by 1 dialogue with a label known beforehand, 1 repeated vote and 1 audit by leads.",
        "1 were abstentions, 1 unreadable and 0 failed",
        "People corrected 1 vote of their own",
        f"1 vote under version 1, published on {published:%Y-%m-%d}, SHA-256 {hashlib.sha256(texts).hexdigest()}.",
        f"The model of {rater} was trained on release 0.9 of this project",
        f"{rater}: model small-model, prompt {juror.prompt.name} (SHA-256 {juror.prompt.sha256}), temperature 0, ",
    ]
    shown = re.sub(r"\\([^\w]|_)", r"\1", sheet)
    assert [each for each in said if each not in shown] == []
    activities = {each["@id"].removeprefix("activity/"): each for each in described["prov:wasGeneratedBy"]}
    assert list(activities) == ["import", "votes", "ballots", "settlements"]
    ballots = activities["ballots"]
    assert {ballots[f"prov:{end}AtTime"][:10] for end in ("started", "ended")} == {"2026-02-03"}
    assert activities["votes"]["prov:endedAtTime"][:10] > "2026-02-03"
    assert issues_of(out / "croissant.json")[0] == []
    rewritten, _ = release(project, tmp_path, "1.1")
    for name in PAPERS:
        one, other = ((folder / name).read_text() for folder in (out, rewritten))
        assert one.replace("version 1.0", "version 1.1").replace('"version": "1.0"', '"version": "1.1"') == other, name


def test_papers_of_one_licence_say_nothing_of_what_others_labelled(tmp_path):
    """Nor of what is withdrawn: the raters and versions are those of the votes file."""
    project, _ = grown_project(tmp_path)
    import_dialogues(project, tmp_path, [dialogue("bad", license="MIT")])
    import_votes(project, tmp_path, [opinion(*words, "safe") for words in (("bad", "zoe"), ("settled", "yan"))])
    assert command("withdraw_item", "bad", project=project.slug, reason="r").code == 0
    out = tmp_path / "mit"
    assert command("release", "2.0", project=project.slug, out=out, date="2026-03-04", license="MIT").code == 0
    manifest, votes = json.loads((out / "manifest.json").read_bytes()), pq.read_table(out / "votes.parquet").to_pylist()
    released = {kind: {vote["rater"] for vote in votes if vote["kind"] == kind and vote["outcome"] == "cast"}
                for kind in KINDS}  # fmt: skip
    assert manifest["raters"] == {kind: len(raters) for kind, raters in released.items()} == {"human": 4, "llm": 1}
    assert manifest["guideline"] == sorted({vote["guideline"] for vote in votes if vote["kind"] == "human"})
    assert "settled" not in (out / "datasheet.md").read_text().replace("unsettled", "")
