"""Facts of a release that was never made, for tests of its papers."""

from releases.facts.model import (
    Agreement,
    Collection,
    Disagreement,
    Facts,
    GroupComparison,
    GroupDifference,
    Guideline,
    Interval,
    Juror,
    KindShare,
    Labelling,
    Measured,
    ModelErrors,
    People,
    PeopleGroup,
    Perspective,
    SourceShare,
    TwinFlips,
    UnevenPair,
)

CATEGORIES = [
    {"name": "Violence", "tier": "Core", "definition": "Harm to people."},
    {"name": "Other", "tier": "Other", "definition": "What has no name: yet."},
]


def manifest(**changes):
    """A manifest as a release writes it."""
    counts = {
        "status": {"decided": 10, "settled": 0, "disputed": 1, "pending": 2},
        "split": {"train": 8, "test": 2},
        "prompt_label": {"safe": 6, "unsafe": 4},
        "response_label": {"safe": 9},
        "category": {"Violence": 3},
        "source": {"own": 10},
        "license": {"MIT": 10},
    }
    whole = {
        "name": "mine",
        "title": "Mine",
        "version": "1.0",
        "date": None,
        "software": "assize 0.1.0",
        "policy": {"name": "majority", "quorum": 3, "caution": "safe"},
        "taxonomy": "aegis2 v1",
        "guideline": ["1.0"],
        "splits": {"train": 0.9, "validation": 0.04, "test": 0.06},
        "seed": 0,
        "rows": 10,
        "raters": {"human": 3, "llm": 2},
    }
    return whole | {"counts": counts | changes.pop("counts", {})} | changes


def collection(**changes):
    """What was collected."""
    counts = (
        "withdrawn",
        "unlicensed",
        "several_turns",
        "with_system",
        "with_tools",
        "redacted",
        "refusals",
        "replaced",
        "attacks",
        "clusters",
        "clustered",
    )
    whole = dict.fromkeys(counts, 0)
    whole |= {"imported": 30, "prompt_only": 1, "first_import": "2026-01-02", "last_import": "2026-01-03"}
    return Collection(**(whole | {"generators": ()} | changes))


def labelling(**changes):
    """The opinions."""
    counts = ("imported_votes", "imported_ballots", "abstained", "unreadable", "failed", "corrected", "settled")
    whole = dict.fromkeys((*counts, "stale", "categories_unagreed"), 0)
    whole |= {
        "votes": 30,
        "ballots": 20,
        "votes_wanted": 3,
        "first_vote": "2026-02-02",
        "last_vote": "2026-02-03",
        "first_ballot": "2026-02-04",
        "last_ballot": "2026-02-05",
    }
    whole["statuses"] = {"prompt_label": {"unanimous": 8, "majority": 2}, "response_label": {"unanimous": 9}}
    return Labelling(**(whole | changes))


def people(**changes):
    """The annotators."""
    whole = dict.fromkeys(("imported", "adjudicators", "qualified", "gold", "repeats", "audited"), 0)
    return People(**(whole | {"largest": 12, "pass_percent": None} | changes))


def juror(name="llm-0123456789ab", **changes):
    """A juror."""
    whole = {"rater": name, "model": "small-model", "prompt": "labels-1", "prompt_sha256": "c" * 64, "temperature": 0.0}
    whole |= {"response_format": "json_schema", "ballots": 10, "trained_on": "", "is_imported": False}
    return Juror(**(whole | changes))


def guideline(**changes):
    """A version of the guideline."""
    whole = {"name": "1.0", "sha256": "d" * 64, "published": "2026-01-01", "votes": 30, "is_imported": False}
    return Guideline(**(whole | changes))


def agreement(**changes):
    """The agreement of everybody on the prompt."""
    whole = {"field": "prompt_label", "raters": "all", "items": 10, "opinions": 50, "percent": 0.8, "alpha": 0.75}
    return Agreement(**(whole | changes))


def measured(**changes):
    """What was measured of the whole project."""
    shares = {name: Interval(0.2, 0.1, 0.4) for name in ("slips", "rules", "values")}
    day, lists = "2026-03-04", {"unclear": ("Threat or Violence", "Fraud or safe"), "leaning": ("safe or Profanity",)}
    why = Disagreement("prompt_label", day, items=30, contested=9, **shares, **lists)
    group = GroupDifference("Muslims", 40, 0.25, 0.05, 0.45)
    errors = tuple(ModelErrors(kind, 2, 1, (group,)) for kind in ("false_alarms", "misses"))
    whole_groups = {"compared": 2, "apart": 1, "groups": (group,), "errors": errors}
    compared = GroupComparison("prompt_label", day, items=80, named=40, **whole_groups)
    people = (PeopleGroup("Here", 5, "less"), PeopleGroup("Everybody else", 10, "more"))
    whole = {"asked": 2, "disagreement": (why,), "comparisons": (compared,), "unnamed": ("Jews", "Women")}
    whole |= {"perspectives": (Perspective("Where do you live?", day, "prompt_label", people, "none"),)}
    pair = UnevenPair("Muslims", "Jews", families=30, one_alone=9, other_alone=1)
    flips = TwinFlips("guard-model", "guard-v1", "swaps", "prompt", 3, day, 12, 40, 0.2, 0.5, 28, (pair,))
    whole |= {"twins": (flips,)}
    return Measured(**(whole | changes))


def facts(of=None, categories=CATEGORIES, **changes):
    """All facts of a release, by its manifest."""
    whole = {
        "manifest": of or manifest(),
        "categories": tuple(categories),
        "collection": collection(),
        "labelling": labelling(),
        "people": people(),
        "jurors": (juror(), juror("llm-ba9876543210")),
        "guidelines": (guideline(),),
        "agreement": (agreement(),),
        "source_shares": (SourceShare("own", 10, 4),),
        "kind_shares": (KindShare("prompt_label", 9, 0.4, 0.5),),
    }
    return Facts(**(whole | changes))
