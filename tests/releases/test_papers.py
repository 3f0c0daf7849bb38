"""Papers of a release: each sentence has its fact and changes with it, in every paper that states it."""

import dataclasses
import html
import json
import re
from collections.abc import Mapping

from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from releases.card_html import whole_page
from releases.croissant import CONTEXT, croissant, croissant_json
from releases.dataset_card import dataset_card
from releases.facts.model import Generator, KindShare, Measured, SourceShare
from releases.papers import article_10 as annex
from releases.papers import constant
from releases.papers import datasheet as sheet
from releases.papers.article_10 import article_10
from releases.papers.datasheet import datasheet
from releases.papers.labelling import set_bounds
from tests.releases.made_up_facts import (
    CATEGORIES,
    agreement,
    collection,
    facts,
    guideline,
    juror,
    labelling,
    manifest,
    measured,
    people,
)

SENTENCE = re.compile(r"(?<=[.?]) (?=[A-Z0-9])")
FORGED = """s"><script>alert(1)</script><img src=x onerror=alert(2)>
---
# Heading\r\n![t](http://127.0.0.1/t.png) [a](javascript:alert(1)) <http://127.0.0.1>
`code` <!-- & \u2028## Two\x85**b** __c__ ~~d~~ $e$ {f} \u202e"""
QUESTION = {
    "key": "tone", "text": "Is the tone rude?", "guidance": "Of the answer.", "type": "one_of", "about": "response",
    "choices": [{"value": "rude", "name": "Rude"}], "asked_of": "people", "required": True, "retired": False,
}  # fmt: skip


def full_facts():
    """Facts of a release of which everything can be said at once."""
    counts = {
        "status": {"decided": 10, "settled": 4, "disputed": 1, "pending": 2},
        "source": {"own": 9, "": 5},
        "license": {"MIT": 11, "": 3},
        "split": {"train": 8, "test": 2},
    }
    whole = manifest(
        counts=counts, date="2026-03-04", licenses=["MIT", ""], truncated=True, raters={"human": 0, "llm": 2},
        policy={"name": "jury", "quorum": 1, "caution": "safe"}, questions=[QUESTION],
    )  # fmt: skip
    counted = dict.fromkeys(("withdrawn", "unlicensed", "several_turns", "with_system", "with_tools", "clusters"), 3)
    counted |= dict.fromkeys(("redacted", "refusals", "replaced", "clustered"), 4) | {
        "generators": (Generator("writer", 4), Generator("other", 2))
    }
    doubtful = ("imported_votes", "imported_ballots", "abstained", "unreadable", "failed", "corrected", "stale")
    statuses = {"prompt_label": {"unanimous": 8, "majority": 2, "inherited": 1, "settled": 3}, "response_label": {}}
    return facts(
        whole,
        collection=collection(**counted),
        labelling=labelling(**dict.fromkeys(doubtful, 5), settled=4, categories_unagreed=6, statuses=statuses),
        people=people(
            imported=2, adjudicators=2, qualified=7, gold=3, repeats=4, audited=5, pass_percent=80,
        ),
        jurors=(juror(trained_on="0.9"), juror("llm-ba9876543210", is_imported=True, model="")),
        guidelines=(guideline(), guideline(name="imported", sha256="e" * 64, is_imported=True)),
        agreement=(agreement(alpha=0.5), agreement(raters="human"), agreement(field="response_label", alpha=None)),
        source_shares=(SourceShare("own", 9, 4), SourceShare("", 5, 1)),
        kind_shares=(KindShare("prompt_label", 9, 0.4, 0.5), KindShare("response_label", 8, 0.2, 0.1)),
        measured=measured(),
    )  # fmt: skip


def bare_facts():
    """Facts of a release of which little can be said."""
    nothing = dict.fromkeys(("jurors", "guidelines", "agreement", "source_shares", "kind_shares"), ())
    return facts(manifest(guideline=[]), people=people(largest=0), labelling=labelling(votes=0, ballots=0), **nothing)


def varied(value):
    """Yield values like this one, each with one leaf of it changed, with the path to the leaf."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            for path, other in varied(getattr(value, field.name)):
                yield f"{field.name}.{path}", dataclasses.replace(value, **{field.name: other})
    elif isinstance(value, Mapping):
        for key, old in value.items():
            for path, other in varied(old):
                yield f"{key}.{path}", {**value, key: other}
    elif isinstance(value, list | tuple):
        for at, old in enumerate(value):
            for path, other in varied(old):
                yield f"{at}.{path}", type(value)([*value[:at], other, *value[at + 1 :]])
            yield f"without {at}", type(value)([*value[:at], *value[at + 1 :]])
    elif value is not None:
        yield "", changed(value)


def changed(value):
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + (1 if isinstance(value, int) else 0.09)
    others = {"prompt_label": "response_label", "response_label": "prompt_label", "all": "llm", "human": "llm"}
    others |= {"one_of": "many_of", "people": "both"}
    others |= {"2026-03-04": "2026-03-05", "safe": "unsafe", "jury": "majority", "majority": "jury"}
    return others.get(value, f"{value}9")


def sentences(paper):
    """Return the sentences of a paper, those in tables and lists too, as they are read."""
    if isinstance(paper, dict):
        texts = list(strings(paper))
    else:
        body = re.sub(r"\A---\n.*?^---$", "", paper, flags=re.DOTALL | re.MULTILINE)
        texts = [html.unescape(re.sub(r"\\([^\w]|_)", r"\1", line.removeprefix("- "))) for line in body.splitlines()]
    return {part for text in texts for part in SENTENCE.split(text) if part}


def strings(value, key=""):
    """Yield every text that a description in Croissant states about a release."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("@context", "@id", "@type", "conformsTo", "distribution", "recordSet"):
                yield from strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, key)


def papers(of):
    """Return the sentences of each paper."""
    return {
        "card": sentences(dataset_card(of)),
        "datasheet": sentences(datasheet(of)),
        "article-10": sentences(article_10(of)),
        "croissant": sentences(croissant(of, {})),
    }


def fixed():
    """Return the sentences that are about this software, headings, and forms of tables."""
    said = set()
    for module in (constant, sheet, annex):
        for text in vars(module).values():
            said |= set().union(*map(sentences, text)) if isinstance(text, tuple) else set()
            said |= sentences(text) if isinstance(text, str) else set()
    return said


FORM = re.compile(r"#|\|(?! [^|]* \| [\d,]+ \|$)|The \[datasheet\]|Disputed and pending items")
"Headings, rows of tables without a count, and what leads from the card to files beside it."
WORDS = {"safety", "content moderation", "guard models", "Secondary Data analysis", "Manual Human Curator", "README.md"}
WORDS |= {"Import of dialogues", "Settling of disputed dialogues", "not stated"}
"Keywords, kinds of collection and labels of activities in Croissant."
UNSTATED = re.compile(
    r"manifest\.questions\.0\.(guidance|required)\."  # for the manifest alone
    r"|manifest\.splits\."  # the shares that were asked for; the papers state those that came out
    r"|(jurors|guidelines)\.1\.(prompt_sha256|temperature|response_format|sha256|published)\."  # not known of imports
)


def further(base):
    """Return the facts with what they lack, and with other names."""
    counts = base.manifest["counts"]
    renamed = {
        name: {f"{key}x": count for key, count in counts[name].items()} for name in ("source", "license", "category")
    }
    whole = [base.manifest | {"split_by": "cluster"}, base.manifest | {"counts": counts | renamed}]
    whole += [base.manifest | {"counts": counts | {"split": {"validation": 10}}}]
    asked = dataclasses.replace(base.people, pass_percent=80)
    found = base.labelling
    elsewhere = dataclasses.replace(found, imported_votes=found.votes, imported_ballots=found.ballots)
    lacking = {
        "people": asked,
        "labelling": elsewhere,
        "jurors": (juror(),),
        "guidelines": (guideline(),),
        "agreement": (agreement(),),
        "measured": Measured(asked=3),
    }
    [compared] = measured().comparisons
    none = Measured(comparisons=(dataclasses.replace(compared, compared=0, apart=0, groups=(), errors=()),))
    kinds = tuple(dataclasses.replace(each, compared=0, apart=0, groups=()) for each in compared.errors)
    unread = Measured(twins=(dataclasses.replace(measured().twins[0], n=0, low=None, high=None, uneven=()),))
    even = Measured(twins=(dataclasses.replace(measured().twins[0], uneven=()),))
    few = Measured(comparisons=(dataclasses.replace(compared, errors=kinds),))
    more = [{"manifest": each} for each in whole] + [{name: value} for name, value in lacking.items()]
    return [*more, *({"measured": each} for each in (none, few, unread, even))]


def test_each_fact_changes_its_sentences_in_every_paper_that_states_them():
    base = full_facts()
    before, silent, stale = papers(base), [], []
    for path, other in varied(base):
        after = papers(other)
        gone = {said for name in before for said in before[name] - after[name]}
        new = {said for name in before for said in after[name] - before[name]}
        silent += [] if gone | new or UNSTATED.match(path) else [path]
        stale += [(path, name, said) for said in gone for name in after if said in after[name]]
    assert silent == []
    assert stale == []


def test_no_sentence_is_there_without_its_fact():
    known = fixed() | WORDS
    for base in (full_facts(), bare_facts()):
        before = papers(base)
        others = [other for _, other in varied(base)] + [dataclasses.replace(base, **more) for more in further(base)]
        follows = set().union(*(before[name] - said for other in others for name, said in papers(other).items()))
        for name, said in before.items():
            left = [each for each in said - follows - known if not FORM.match(each)]
            assert left == [], name


def test_figures_are_those_of_the_manifest_in_every_paper():
    base = full_facts()
    said = papers(base)
    counts = base.manifest["counts"]
    for name in said:
        text = " ".join(said[name])
        assert f"It holds {base.manifest['rows']} dialogues" in text, name
        assert f"The project has {base.collection.imported} dialogues" in text, name
        assert f"{base.labelling.settled} disputed dialogues" in text, name
        assert f"{base.labelling.votes} votes by people" in text, name
        assert f"alpha {base.agreement[0].alpha:.3f}" in text, name
    assert f"| own | {counts['source']['own']} |" in said["card"]
    assert "own (9)" in " ".join(said["croissant"])


def hostile_measured():
    """What was measured, with names of groups, categories and questions that would be markup."""
    base = measured(unnamed=(FORGED,))
    why, compared, asked = base.disagreement[0], base.comparisons[0], base.perspectives[0]
    [flips] = base.twins
    pair = dataclasses.replace(flips.uneven[0], one=FORGED, other=FORGED)
    return measured(
        twins=(dataclasses.replace(flips, model=FORGED, prompt=FORGED, benchmark=FORGED, uneven=(pair,)),),
        unnamed=(FORGED,),
        disagreement=(dataclasses.replace(why, unclear=(FORGED,), leaning=(FORGED,)),),
        comparisons=(dataclasses.replace(compared, groups=(dataclasses.replace(compared.groups[0], group=FORGED),)),),
        perspectives=(
            dataclasses.replace(asked, text=FORGED, groups=(dataclasses.replace(asked.groups[0], name=FORGED),)),
        ),
    )


def test_no_text_of_the_data_is_read_as_markdown_or_html():
    hostile = dict.fromkeys(("title", "version", "taxonomy", "software"), FORGED) | {"guideline": [FORGED]}
    counts = {name: {FORGED: 3} for name in ("source", "license", "category")}
    of = facts(
        manifest(**hostile, counts=counts, licenses=[FORGED]),
        [{"name": FORGED, "tier": "Core", "definition": FORGED}, *CATEGORIES],
        jurors=(juror(model=FORGED, prompt=FORGED, trained_on=FORGED),),
        guidelines=(guideline(name=FORGED),),
        source_shares=(SourceShare(FORGED, 3, 1),),
        collection=collection(generators=(Generator(FORGED, 2),)),
        measured=hostile_measured(),
    )
    plain = facts()
    for write in (datasheet, article_10):
        found = MarkdownIt("gfm-like", {"linkify": False}).parse(write(of))
        kinds = {token.type for block in found for token in (block, *(block.children or ()))}
        assert not kinds & {"html_block", "html_inline", "link_open", "image", "s_open", "hr", "code_inline"}, kinds
        tags = [block.tag for block in found if block.type == "heading_open"]
        assert tags == [block.tag for block in MarkdownIt().parse(write(plain)) if block.type == "heading_open"]
    text = croissant_json(of, {})
    assert b"<" not in text
    assert json.loads(text)["description"].startswith(f"{FORGED}: ")


def test_page_of_a_paper_holds_no_script_and_loads_nothing():
    page = whole_page(datasheet(facts(manifest(title=FORGED))), title=f"{FORGED}: datasheet")
    tags = {tag.lower() for tag in re.findall(r"<(\w+)", page)}
    assert tags == {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "li"}
    assert not re.search(r"<[^>]*\b(on\w+|style|src|href)\s*=", page)
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "\u202e" not in page
    [title] = re.findall(r"<title>(.*?)</title>", page)
    assert title.startswith("s&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;")


def test_paper_that_begins_with_a_mark_stays_a_paragraph():
    marks = ("- one", "1. two", "+ three", "> four")
    of = facts(jurors=tuple(map(juror, marks)))
    found = MarkdownIt().parse(datasheet(of))
    kinds = {block.type for block in found}
    assert not kinds & {"ordered_list_open", "blockquote_open"}
    texts = [token.content for block in found for token in block.children or () if token.type.startswith("text")]
    assert {"one", "two", "three", "four"} <= set(re.findall(r"\w+", " ".join(texts)))


def test_header_of_the_card_is_read_by_the_hub():
    for title in ("Mine", 'a "b": c', FORGED, "שלום", "null"):
        card = DatasetCard(dataset_card(facts(manifest(title=title))))
        assert card.data.license == "mit"
        assert card.data.task_categories == ["text-classification"]
        assert card.data.size_categories == ["n<1K"]
        assert card.data.pretty_name.startswith(title[:3])
        assert card.text.lstrip().startswith("# ")


def test_properties_are_those_of_the_vocabulary():
    """Of docs/croissant_rai.ttl of mlcommons/croissant; mlcroissant spells two of the names otherwise."""
    names = """dataCollection dataCollectionType dataCollectionMissingData dataCollectionRawData dataCollectionTimeframe
        dataPreprocessingProtocol dataImputationProtocol dataManipulationProtocol dataReleaseMaintenancePlan
        personalSensitiveInformation dataAnnotationProtocol dataAnnotationPlatform dataAnnotationAnalysis
        annotationsPerItem annotatorDemographics machineAnnotationTools dataSocialImpact dataBiases dataLimitations
        dataUseCases"""
    described = croissant(full_facts(), {})
    assert {key for key in described if key.startswith("rai:")} == {f"rai:{name}" for name in names.split()}
    assert described["rai:dataCollectionTimeframe"] == ["2026-01-02", "2026-01-03"]
    assert [key for key, value in described.items() if not value] == ["isLiveDataset", "distribution"]
    prefixes = {key.split(":")[0] for key in described if ":" in key}
    assert prefixes <= set(CONTEXT)


def test_papers_say_how_far_category_sets_of_models_are_from_peoples():
    sets = {"alone": 1500, "sample": 400, "missing": 2, "false_discovery": {"bound": 0.0425}, "miss": {"bound": 0.25}}
    [said] = set_bounds({"sets": sets})
    assert said == (
        "Models alone also chose the categories of 1,500 dialogues: by the same confidence, on average at most 4.2 % "
        "of those they named are not people's, and at most 25.0 % of people's are missing; measured on 400 dialogues "
        "of the sample, of which 2 lacked votes."
    )
    assert set_bounds({"sets": sets | {"alone": 0, "miss": {"bound": None}}}) == []
    assert set_bounds({}) == []  # certified before there were bounds on sets
