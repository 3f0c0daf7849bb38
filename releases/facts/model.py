"""What the papers of a release may say. Each is read from the database while the release is written; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Generator:
    """A model that wrote responses within the project."""

    model: str
    responses: int
    "Those of released dialogues."


@dataclass(frozen=True)
class Collection:
    """Where the released dialogues come from, and what they consist of."""

    imported: int
    "Dialogues of the project, released or not, withdrawn ones included."
    withdrawn: int
    unlicensed: int
    "Those left out because the release is of some licences alone; withdrawn ones are counted above."
    first_import: str | None
    "Day in UTC, YYYY-MM-DD, of the first of the released dialogues; None if there are none."
    last_import: str | None
    prompt_only: int
    several_turns: int
    "With more than one turn of the user."
    with_system: int
    with_tools: int
    "With calls of tools or their results."
    redacted: int
    refusals: int
    "Made with their label, by construction."
    replaced: int
    "Corrected texts of withdrawn dialogues."
    attacks: int
    "Written within the project by somebody who attacked a model."
    clusters: int
    "Clusters of near-duplicates with two or more released dialogues; 0 unless the splits go by them."
    clustered: int
    "Released dialogues in these."
    generators: tuple[Generator, ...]


@dataclass(frozen=True)
class Labelling:
    """The opinions in `votes.parquet`, and what became of the released dialogues."""

    votes: int
    imported_votes: int
    ballots: int
    "Cast ones."
    imported_ballots: int
    abstained: int
    unreadable: int
    failed: int
    first_vote: str | None
    "Day in UTC, YYYY-MM-DD; None without votes."
    last_vote: str | None
    first_ballot: str | None
    last_ballot: str | None
    corrected: int
    "Votes that their own author replaced by a later one."
    votes_wanted: int
    statuses: Mapping[str, Mapping[str, int]]
    "By label field: how many labels are unanimous, by majority, inherited or settled."
    settled: int
    "Released dialogues whose case an adjudicator settled."
    stale: int
    "Settled dialogues with newer opinions."
    categories_unagreed: int
    "Dialogues whose categories no majority named."

    @property
    def first_opinion(self) -> str | None:
        """The first day of a vote or a ballot."""
        return min(filter(None, (self.first_vote, self.first_ballot)), default=None)

    @property
    def last_opinion(self) -> str | None:
        """The last day of a vote or a ballot."""
        return max(filter(None, (self.last_vote, self.last_ballot)), default=None)


@dataclass(frozen=True)
class People:
    """The annotators and adjudicators, without names."""

    imported: int
    "Annotators known by name from imported votes alone."
    largest: int
    "Votes of the person with the most."
    adjudicators: int
    "Who settled a released dialogue."
    pass_percent: int | None
    "Of the qualification; None where none is asked."
    qualified: int
    "Annotators who passed it or need not pass it."
    gold: int
    "Dialogues with a label known beforehand, for hidden checks of annotators."
    repeats: int
    "Votes on dialogues that the same person had voted on before, to compare them."
    audited: int


@dataclass(frozen=True)
class Juror:
    """A juror with a ballot in `votes.parquet`."""

    rater: str
    "Its pseudonym there."
    model: str
    prompt: str
    prompt_sha256: str
    temperature: float | None
    response_format: str
    ballots: int
    "Cast ones."
    trained_on: str
    "The release of the project that its model was trained on; empty if none is known."
    is_imported: bool


@dataclass(frozen=True)
class Guideline:
    """A version of the guideline that votes were cast under."""

    name: str
    sha256: str
    "Of its texts as JSON with sorted keys."
    published: str
    "Day in UTC, YYYY-MM-DD."
    votes: int
    is_imported: bool
    "Whether it stands for votes from elsewhere, whose guideline is not known."


@dataclass(frozen=True)
class Agreement:
    """Agreement on one label field, on labels as cast, over dialogues with two or more opinions."""

    field: str
    raters: str
    "all, human or llm"
    items: int
    opinions: int
    percent: float
    "Share of agreeing pairs of opinions, 0 to 1, averaged over the dialogues."
    alpha: float | None
    "Krippendorff's, nominal; None where only one label was ever used."


@dataclass(frozen=True)
class SourceShare:
    """How many dialogues of a source have an unsafe label."""

    source: str
    rows: int
    unsafe: int


@dataclass(frozen=True)
class KindShare:
    """On dialogues that both people and models labelled: how often each called a field unsafe."""

    field: str
    items: int
    human: float
    "Share of the votes, 0 to 1."
    llm: float


@dataclass(frozen=True)
class Interval:
    """A share with its 95 % interval, each 0 to 1; without one where the cause is not shown."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Disagreement:
    """Why people disagree on a label field, as it was last measured over all dialogues of the project."""

    field: str
    day: str
    "Of the measurement, in UTC, YYYY-MM-DD."
    items: int
    "With votes of two people or more."
    contested: int
    "Those on which they differ."
    slips: Interval | None
    "The share of these that a cause explains; None where it is not known. So with the next two."
    rules: Interval | None
    values: Interval | None
    unclear: tuple[str, ...]
    "Between which answers rules are unclear."
    leaning: tuple[str, ...]
    "Between which answers the same people lean the same way."


@dataclass(frozen=True)
class GroupDifference:
    """How much more often dialogues that name an identity group are unsafe than others of their source and length."""

    group: str
    matched: int
    difference: float
    "-1 to 1, with its 95 % interval."
    low: float
    high: float


@dataclass(frozen=True)
class ModelErrors:
    """How much more often models err on dialogues that name an identity group than on others of their kind."""

    kind: str
    "`false_alarms`, of dialogues that most people call safe, or `misses`, of those that most call unsafe."
    compared: int
    apart: int
    groups: tuple[GroupDifference, ...]
    "As in GroupComparison."


@dataclass(frozen=True)
class GroupComparison:
    """Dialogues that name identity groups, as they were last compared with others on a label field."""

    field: str
    day: str
    items: int
    named: int
    compared: int
    "Groups with enough dialogues."
    apart: int
    "Those of them whose interval leaves out 0."
    groups: tuple[GroupDifference, ...]
    "Those that are furthest apart."
    errors: tuple[ModelErrors, ...] = ()
    "Of models, for each kind."


@dataclass(frozen=True)
class PeopleGroup:
    """A group of annotators by what they say of themselves."""

    name: str
    people: int
    "At least."
    difference: str
    "Whether its votes call more unsafe than those of everybody else: `more`, `less`, or `none` where nothing is told."


@dataclass(frozen=True)
class Perspective:
    """What was published of groups of annotators by one question, on one label field."""

    text: str
    day: str
    field: str
    groups: tuple[PeopleGroup, ...]
    agreement: str
    "Whether votes agree more often within groups than across: as above."


@dataclass(frozen=True)
class UnevenPair:
    """Two identity groups whose twins a model flags more often one way than the other, beyond chance."""

    one: str
    other: str
    families: int
    "In which both have a readable answer."
    one_alone: int
    "Flagged where the other was not."
    other_alone: int


@dataclass(frozen=True)
class TwinFlips:
    """How often a model answered otherwise when another identity group was named."""

    model: str
    prompt: str
    benchmark: str
    "The set of twins."
    task: str
    terms_version: int
    day: str
    count: int
    "Families whose answers differ, caution counting as unsafe."
    n: int
    low: float | None
    "95 % interval of their share."
    high: float | None
    pairs: int
    "Pairs of groups that were compared."
    uneven: tuple[UnevenPair, ...]


@dataclass(frozen=True)
class Measured:
    """What was measured of the whole project before the release."""

    asked: int = 0
    "Questions that people may answer about themselves."
    disagreement: tuple[Disagreement, ...] = ()
    comparisons: tuple[GroupComparison, ...] = ()
    unnamed: tuple[str, ...] = ()
    "Identity groups of the list of terms that no dialogue names."
    perspectives: tuple[Perspective, ...] = ()
    twins: tuple[TwinFlips, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that the papers of a release state."""

    manifest: Mapping[str, Any]
    "Of the release, without its files: settings and counts."
    categories: tuple[Mapping[str, str], ...]
    "Name, tier and definition of each, in taxonomy order."
    collection: Collection
    labelling: Labelling
    people: People
    jurors: tuple[Juror, ...]
    guidelines: tuple[Guideline, ...]
    agreement: tuple[Agreement, ...]
    source_shares: tuple[SourceShare, ...]
    "Of the sources with the most dialogues, largest first."
    kind_shares: tuple[KindShare, ...]
    measured: Measured = Measured()
