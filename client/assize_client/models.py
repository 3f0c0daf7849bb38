"""The bodies of calls and answers. Made by client/generate.py; do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class AboutMe(TypedDict):
    """
    What a person is asked about themselves, and what they said, by key.
    """

    questions: list[BackgroundQuestion]
    answers: dict[str, str]


class Accepted(TypedDict):
    """
    A job that a worker will do.
    """

    job: Job


class Answer(TypedDict):
    """
    An adjudicator's blind answer.
    """

    by: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    answers: dict[str, Any]
    note: str
    is_second: bool
    at: str


class AnswerRequest(TypedDict):
    """
    The body of a vote or of a correction.
    """

    prompt_label: NotRequired[Literal["safe", "needs_caution", "unsafe"] | None]
    response_label: NotRequired[Literal["safe", "needs_caution", "unsafe"] | None]
    categories: NotRequired[list[str]]
    other_text: NotRequired[str]
    rationale: NotRequired[str]
    answers: NotRequired[dict[str, Any]]
    seconds: NotRequired[float | None]
    guideline: NotRequired[str]


class Attack(TypedDict):
    """
    An attack of the caller's own; `item` is the id of the dialogue that it became.
    """

    id: int
    target: str
    model: str
    goal: str
    technique: str
    state: str
    claims_success: bool | None
    item: str | None
    started_at: str
    finished_at: str | None


class AttackDetail(TypedDict):
    """
    An attack with its messages, in order.
    """

    id: int
    target: str
    model: str
    goal: str
    technique: str
    state: str
    claims_success: bool | None
    item: str | None
    started_at: str
    finished_at: str | None
    turns: list[AttackTurn]


class AttackReport(TypedDict):
    """
    How often attacks succeeded, of all and by what was attacked, how, and for what.
    """

    total: Rate
    by_target: list[Rate]
    by_technique: list[Rate]
    by_goal: list[Rate]
    withdrawn: int


class AttackTurn(TypedDict):
    """
    A message of an attack, as it was sent, and its reply.

    `state` is `waiting`, `asking`, `answered`, `filtered` or `failed`. `verdict` is the label of an attacked juror.
    """

    number: int
    text: str
    transform: str
    state: str
    reply: str
    verdict: str
    cost_usd: float
    sent_at: str


class BackgroundChoiceRequest(TypedDict):
    """
    One of the answers to choose from.
    """

    value: str
    name: NotRequired[str]


class BackgroundQuestion(TypedDict):
    """
    What people are asked about themselves; no figure by it is about fewer than `least_people`.
    """

    key: str
    text: str
    purpose: str
    choices: list[Choice]
    least_people: int


class BackgroundQuestionRequest(TypedDict):
    """
    A new question about the people who label.
    """

    key: str
    text: str
    purpose: str
    choices: list[BackgroundChoiceRequest]
    least_people: NotRequired[int]


class BeforeAfter(TypedDict):
    before: int
    after: int


class Benchmark(TypedDict):
    """
    A labelled file or a set of twins on which guards are evaluated.

    `differs` where its counts are not the published ones, so that its figures cannot be compared with published ones.
    """

    name: str
    title: str
    task: str
    licence: str
    source: str
    note: str
    sha256: str
    is_known: bool
    differs: bool
    cases: int
    labelled: int
    positives: int
    twins: Twins | None
    added_at: str


class BlindLabels(TypedDict):
    """
    The labels of the settling adjudicator before any opinion was shown.
    """

    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    answers: dict[str, Any]


class BudgetRequest(TypedDict):
    """
    How many dialogues a run is about, and its budget.
    """

    limit: NotRequired[int | None]
    budget_usd: NotRequired[str | None]
    max_calls: NotRequired[int | None]


class Case(TypedDict):
    """
    A case as far as its reader may see it: opinions are null until they have labelled it blind.
    """

    id: int
    project: str
    state: str
    item: Dialogue
    source: str
    fields: list[str]
    questions: list[Question]
    opened_at: str
    closed_at: str | None
    hold: Hold | None
    sent_back_at: str | None
    reopens: int | None
    blind: Answer | None
    opinions: list[Opinion] | None
    seen: str | None
    settlement: Settlement | None


class CaseFilterRequest(TypedDict):
    """
    Which cases to list, from the query of a request.
    """

    state: NotRequired[Literal["open", "settled", "stale", "second", "reopened", "closed"]]
    field: NotRequired[str]
    source: NotRequired[str]
    category: NotRequired[str]
    margin: NotRequired[Literal["0", "1", "2"] | Literal[""]]


class Cast(TypedDict):
    """
    A vote and, if requested, the next item: null if none is left, or if the caller has to rest.
    """

    vote: Vote
    next: NotRequired[Taken | None]
    resting: NotRequired[Rest]


class Category(TypedDict):
    """
    A category of a taxonomy.
    """

    slug: str
    name: str
    tier: str
    definition: str


class Certified(TypedDict):
    """
    What the jurors could decide alone, as of the last measurement; `promise` is null before the first.
    """

    as_of: str | None
    is_current: bool
    promise: Promise | None
    watched: Watched | None


class ChangePolicyRequest(TypedDict):
    """
    The policy to change to, and why.
    """

    policy: Literal["majority", "aegis2", "human", "jury", "certified"]
    quorum: NotRequired[int | None]
    caution: NotRequired[Literal["safe", "unsafe"] | Literal[""] | None]
    error: NotRequired[float | None]
    risk: NotRequired[float | None]
    score_by: NotRequired[Literal["share", "probability"] | Literal[""] | None]
    reason: str


class ChangeTaxonomyRequest(TypedDict):
    """
    Changes of a taxonomy, each an object with the key `change`; docs/taxonomies.md lists the kinds.
    """

    changes: list[Any]
    based_on: str
    reason: NotRequired[str]
    is_preview: NotRequired[bool]


class ChangedTaxonomy(TypedDict):
    """
    What changes of a taxonomy do; `taxonomy` is the new version, null for a preview.

    `dialogues` get other categories; `lost` are opinions that would name none. `labels` never change.
    """

    taxonomy: str | None
    dialogues: int
    labels: int
    lost: int
    opinions: dict[str, BeforeAfter]


class Choice(TypedDict):
    """
    One of the answers to choose from: its value in JSON, and its name for people.
    """

    value: str
    name: str


class ChoiceRequest(TypedDict):
    """
    One of the answers to choose from.
    """

    value: str
    name: NotRequired[str]


class CloneRequest(TypedDict):
    """
    A copy of a project.
    """

    slug: str
    name: NotRequired[str]
    taxonomy: NotRequired[str]
    with_items: NotRequired[bool]


class Comment(TypedDict):
    """
    A comment on an item.
    """

    id: int
    author: str
    is_own: bool
    text: str | None
    written_at: str
    removed_at: str | None


class CommentRequest(TypedDict):
    """
    The body of a comment.
    """

    text: str


Compared = TypedDict(
    "Compared",
    {
        "from": dict[str, Any],
        "to": dict[str, Any],
        "labels": int,
        "categories": int,
        "cases_opened": int,
        "cases_closed": int,
        "statuses": dict[str, BeforeAfter],
        "kinds": list[dict[str, Any]],
        "total": int,
        "next_page": int | None,
        "changes": list[dict[str, Any]],
    },
)


class ConsentRequest(TypedDict):
    """
    Consent to a version of the text.
    """

    version: int


class Contamination(TypedDict):
    """
    Which dialogues of the project stand in a benchmark.
    """

    checked_at: str | None
    is_current: bool
    rows: int | None
    equal: int | None
    near: int | None
    share: float | None
    cases_found: int | None
    examples: list[Example]
    benchmark: str
    cases: int


class ConveneRequest(TypedDict):
    """
    The request to start a run.
    """

    limit: NotRequired[int | None]
    budget_usd: NotRequired[str | None]
    max_calls: NotRequired[int | None]
    jurors: NotRequired[list[str]]
    retry: NotRequired[list[Literal["abstained", "unreadable", "cast"]]]
    cache: NotRequired[bool]
    allow_trained: NotRequired[bool]


class Corrected(TypedDict):
    """
    The vote that supersedes the corrected one.
    """

    vote: Vote


class CorrectionRequest(TypedDict):
    """
    The text of an item, corrected.
    """

    reason: str
    texts: list[str]


class Dialogue(TypedDict):
    """
    An item as annotators see it.
    """

    id: str
    turns: list[Turn]
    has_response: bool


class DialogueThen(TypedDict):
    """
    A dialogue, and when it was withdrawn if it was.
    """

    id: str
    turns: list[Turn]
    has_response: bool
    withdrawn_at: str | None


Difference = TypedDict(
    "Difference",
    {
        "from": dict[str, Any],
        "to": dict[str, Any],
        "labels": int,
        "categories": int,
        "cases_opened": int,
        "cases_closed": int,
        "statuses": dict[str, BeforeAfter],
        "kinds": list[dict[str, Any]],
    },
)


class Division(TypedDict):
    """
    Everybody who voted, divided by what they say of themselves, as asked at that time.
    """

    question: str
    text: str
    least_people: int
    groups: list[PerspectiveGroup]
    fields: list[PerspectiveField]


class Entry(TypedDict):
    """
    One thing that happened to an item, or one opinion on it.
    """

    at: str
    kind: str
    what: str
    who: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    answers: dict[str, Any]
    text: str
    is_current: bool
    ballot: int | None
    case: int | None
    detail: dict[str, Any]


class Error(TypedDict):
    """
    The form of every error response.
    """

    error: ErrorBody


class ErrorBody(TypedDict):
    """
    An error.
    """

    code: str
    message: str
    fields: NotRequired[dict[str, Any]]


class Evaluation(TypedDict):
    """
    A guard asked about a benchmark, and how far that is.

    `texts` are asked about in all, transformed ones included; `outcomes` counts the answers. `left_out` cases have a
    text that the guard was trained on (release `left_out_of`), or nearly, or a label that it helped decide;
    `near_left_out` of them are near-duplicates alone, and null says that these were kept.
    """

    id: int
    guard: str
    model: str
    prompt: str
    prompt_sha256: str
    benchmark: str
    benchmark_sha256: str
    transforms: list[str]
    limit: int | None
    left_out: int
    left_out_of: str
    near_left_out: int | None
    state: str
    texts: int
    outcomes: dict[str, int]
    cost_usd: float
    budget_usd: float | None
    max_calls: int | None
    started_at: str
    finished_at: str | None
    errors: list[str]


class EvaluationRequest(TypedDict):
    """
    The request to start an evaluation. `limit` draws so many cases, the same ones every time.
    """

    limit: NotRequired[int | None]
    budget_usd: NotRequired[str | None]
    max_calls: NotRequired[int | None]
    juror: str
    benchmark: str
    transforms: NotRequired[
        list[
            Literal[
                "upper",
                "spaced",
                "leet",
                "homoglyphs",
                "zero-width",
                "full-width",
                "scrambled",
                "markdown",
                "roles",
                "base64",
                "rot13",
                "injection: order",
                "injection: verdict",
                "injection: guard verdict",
                "injection: frame",
                "injection: turns",
                "injection: authority",
            ]
        ]
    ]
    cache: NotRequired[bool]
    keep_near: NotRequired[bool]


class Example(TypedDict):
    """
    A dialogue that is like a case: `similarity` is 1 where the words are the same.
    """

    id: str
    case: str
    similarity: float


class FieldPromise(TypedDict):
    """
    What the jurors could decide of one label field.

    `threshold` is null if they may decide nothing alone. Of `items`, `by_people` are decided by people, `alone` would
    be by the jurors, and `for_people` would still want people.
    """

    field: str
    threshold: Score | None
    bound: float | None
    alone: int
    items: int
    by_people: int
    for_people: int
    levels: list[Level]


class File(TypedDict):
    """
    A file of a release. `bytes` is null for the manifest, which cannot hold its own size.
    """

    name: str
    sha256: str
    bytes: int | None


class FinishRequest(TypedDict):
    """
    What the author claims; `goal` and `technique` in place of those that the attack was started with.
    """

    claims_success: bool
    goal: NotRequired[str]
    technique: NotRequired[
        Literal[
            "direct",
            "role_play",
            "fiction",
            "authority",
            "persuasion",
            "refusal_suppression",
            "prompt_injection",
            "payload_splitting",
            "encoding",
            "translation",
            "many_shot",
            "crescendo",
            "deceptive_delight",
            "likert_judge",
            "other",
        ]
        | Literal[""]
    ]


class Generator(TypedDict):
    """
    A generator. It has the name of the variable with its key, never the key itself.
    """

    id: int
    name: str
    model: str
    base_url: str
    api_key_env: NotRequired[str]
    prompt: NotRequired[str]
    temperature: NotRequired[float | None]
    max_tokens: NotRequired[int]
    max_tokens_parameter: NotRequired[Literal["max_tokens", "max_completion_tokens"]]
    extra_body: NotRequired[dict[str, Any]]
    concurrency: NotRequired[int]
    requests_per_minute: NotRequired[int | None]
    tokens_per_minute: NotRequired[int | None]
    price_in: NotRequired[str]
    price_out: NotRequired[str]
    timeout_seconds: NotRequired[int]
    transport: NotRequired[Literal["live", "batch"]]


class GeneratorRequest(TypedDict):
    """
    A generator. It has the name of the variable with its key, never the key itself.
    """

    name: str
    model: str
    base_url: str
    api_key_env: NotRequired[str]
    prompt: NotRequired[str]
    temperature: NotRequired[float | None]
    max_tokens: NotRequired[int]
    max_tokens_parameter: NotRequired[Literal["max_tokens", "max_completion_tokens"]]
    extra_body: NotRequired[dict[str, Any]]
    concurrency: NotRequired[int]
    requests_per_minute: NotRequired[int | None]
    tokens_per_minute: NotRequired[int | None]
    price_in: NotRequired[str]
    price_out: NotRequired[str]
    timeout_seconds: NotRequired[int]
    transport: NotRequired[Literal["live", "batch"]]


class GroupComparison(TypedDict):
    """
    How a difference compares with what groups picked at random have: `more`, `less`, or `none` where nothing is told.

    Of such groups, a tenth are below `low` and a tenth above `high`, in whole points of percent.
    """

    difference: Literal["more", "less", "none"]
    low: int
    high: int


class GroupSearch(TypedDict):
    """
    How many dialogues name a group by a version of the list; of `withheld` ones the prompt is not known.
    """

    version: int
    items: int
    named: int
    withheld: int
    at: str


class GroupTerms(TypedDict):
    """
    A version of the list of terms for identity groups, as CSV in `content`.

    Version 0 comes with the software, and nobody made it. `found` is null before the first measurement.
    """

    version: int
    sha256: str
    note: str
    made_by: str | None
    made_at: str | None
    groups: list[NamedGroup]
    content: str
    found: GroupSearch | None


class GroupTermsRequest(TypedDict):
    """
    The next version of a list of terms.
    """

    content: str
    note: str
    after: NotRequired[int | None]


class HashList(TypedDict):
    """
    A list of hashes, and which dialogues of the project have a text with one of them.

    Hashes find equal texts alone, so `near` is 0; the `case` of an example is the hash.
    """

    checked_at: str | None
    is_current: bool
    rows: int | None
    equal: int | None
    near: int | None
    share: float | None
    cases_found: int | None
    examples: list[Example]
    name: str
    task: str
    file: str
    sha256: str
    added_at: str
    cases: int


class History(TypedDict):
    """
    An item and everything known about it, the oldest first.
    """

    item: DialogueThen
    history: list[Entry]


class Hold(TypedDict):
    """
    Who holds a case, and until when.
    """

    by: str
    is_yours: bool
    expires_at: str | None


class Item(TypedDict):
    """
    An item with what has become of it under the project's policy.
    """

    id: str
    turns: list[Turn]
    has_response: bool
    source: str
    license: str
    imported_at: str
    withdrawn_at: str | None
    withdrawal_reason: str
    replaces: str | None
    cluster: str | None
    cluster_size: int | None
    status: str
    decided_by: str | None
    prompt_label: str | None
    response_label: str | None
    categories: list[str] | None
    categories_agreed: bool | None
    stale: bool | None


class Job(TypedDict):
    """
    A job and how far it is, 0 to 1; `result` is what the command of the same name prints.
    """

    id: int
    project: str
    kind: str
    state: str
    progress: float
    request: dict[str, Any]
    result: dict[str, Any] | None
    error: str
    made_at: str
    started_at: str | None
    ended_at: str | None


class Juror(TypedDict):
    """
    A juror. It has the name of the variable with its key, never the key itself.
    """

    id: int
    name: str
    model: str
    base_url: str
    api_key_env: NotRequired[str]
    prompt: NotRequired[str]
    asks: NotRequired[list[Literal["prompt_label", "response_label", "categories"]]]
    response_format: NotRequired[Literal["json_schema", "json_object", "text"]]
    temperature: NotRequired[float | None]
    max_tokens: NotRequired[int]
    max_tokens_parameter: NotRequired[Literal["max_tokens", "max_completion_tokens"]]
    extra_body: NotRequired[dict[str, Any]]
    asks_probability: NotRequired[bool]
    concurrency: NotRequired[int]
    requests_per_minute: NotRequired[int | None]
    tokens_per_minute: NotRequired[int | None]
    price_in: NotRequired[str]
    price_out: NotRequired[str]
    timeout_seconds: NotRequired[int]
    transport: NotRequired[Literal["live", "batch"]]
    trained_on: NotRequired[str]
    in_panel: NotRequired[bool]


class JurorRequest(TypedDict):
    """
    A juror. It has the name of the variable with its key, never the key itself.
    """

    name: str
    model: str
    base_url: str
    api_key_env: NotRequired[str]
    prompt: NotRequired[str]
    asks: NotRequired[list[Literal["prompt_label", "response_label", "categories"]]]
    response_format: NotRequired[Literal["json_schema", "json_object", "text"]]
    temperature: NotRequired[float | None]
    max_tokens: NotRequired[int]
    max_tokens_parameter: NotRequired[Literal["max_tokens", "max_completion_tokens"]]
    extra_body: NotRequired[dict[str, Any]]
    asks_probability: NotRequired[bool]
    concurrency: NotRequired[int]
    requests_per_minute: NotRequired[int | None]
    tokens_per_minute: NotRequired[int | None]
    price_in: NotRequired[str]
    price_out: NotRequired[str]
    timeout_seconds: NotRequired[int]
    transport: NotRequired[Literal["live", "batch"]]
    trained_on: NotRequired[str]
    in_panel: NotRequired[bool]


class Lease(TypedDict):
    """
    A lease and when it expires.
    """

    id: str
    expires_at: str


class LeaseRequest(TypedDict):
    """
    The body of a renewal.
    """

    lease: str


class Level(TypedDict):
    """
    The dialogues of the sample with this score or a stricter one.

    `errors` have another label by people; `missing` have none yet, and count as errors in `bound`.
    """

    agreeing: int
    counted: int
    sample: int
    errors: int
    missing: int
    bound: float
    accepted: bool


class Mean(TypedDict):
    """
    A mean share in the sample, null before any of it is labelled, and its upper bound.
    """

    mean: float | None
    bound: float


class Message(TypedDict):
    """
    A message of a chat.
    """

    role: str
    content: str


class MessageRequest(TypedDict):
    """
    A message. The same `token` again returns the message that it made.
    """

    text: str
    token: str
    transform: NotRequired[str]


class Metrics(TypedDict):
    """
    The figures of a project as of its last measurement, by kind of report.
    """

    policy: str
    as_of: str | None
    is_current: bool
    is_being_measured: bool
    reports: dict[str, Any]


class NamedGroup(TypedDict):
    """
    An identity group, and what it has in common with others, such as religion.
    """

    group: str
    attribute: str


class NewProjectRequest(TypedDict):
    """
    A new project. Settings that are left out have their defaults; with `file` they all come from it.
    """

    slug: str
    name: NotRequired[str]
    taxonomy: NotRequired[str]
    policy: NotRequired[Literal["aegis2", "certified", "human", "jury", "majority"]]
    votes_wanted: NotRequired[int]
    quorum: NotRequired[int | None]
    caution: NotRequired[Literal["safe", "unsafe"] | None]
    error: NotRequired[float | None]
    risk: NotRequired[float | None]
    score_by: NotRequired[Literal["share", "probability"] | None]
    split_by: NotRequired[Literal["prompt", "cluster"]]
    file: NotRequired[Any]
    fields: NotRequired[list[Literal["prompt_label", "response_label"]]]


class OneCase(TypedDict):
    """
    The body of every route of one case.
    """

    case: Case


class Opinion(TypedDict):
    """
    A vote under a pseudonym, or a ballot under the name of its juror.
    """

    rater: str
    kind: str
    version: str
    cast_at: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    rationale: str
    answers: dict[str, Any]
    outcome: str
    reason: str
    raw_reply: str
    ballot: int | None


class OwnProgress(TypedDict):
    """
    Votes of the caller, second answers to the same item included; items left for them; and their work of today.
    """

    votes: int
    items_left: int
    votes_today: int
    minutes_today: int


class PageOfAttack(TypedDict):
    next: str | None
    previous: str | None
    results: list[Attack]


class PageOfCase(TypedDict):
    next: str | None
    previous: str | None
    results: list[Case]


class PageOfComment(TypedDict):
    next: str | None
    previous: str | None
    results: list[Comment]


class PageOfEvaluation(TypedDict):
    next: str | None
    previous: str | None
    results: list[Evaluation]


class PageOfItem(TypedDict):
    next: str | None
    previous: str | None
    results: list[Item]


class PageOfJob(TypedDict):
    next: str | None
    previous: str | None
    results: list[Job]


class PageOfRelease(TypedDict):
    next: str | None
    previous: str | None
    results: list[Release]


class PageOfRun(TypedDict):
    next: str | None
    previous: str | None
    results: list[Run]


class PageOfVote(TypedDict):
    next: str | None
    previous: str | None
    results: list[Vote]


class PatchedAboutMeRequest(TypedDict):
    """
    What the caller says of themselves: choice by key of the question, null to take an answer back.
    """

    answers: NotRequired[dict[str, str | None]]


class PatchedChangeProjectRequest(TypedDict):
    """
    Settings to change; what is left out stays.
    """

    name: NotRequired[str]
    votes_wanted: NotRequired[int]
    split_by: NotRequired[Literal["prompt", "cluster"]]
    reason: NotRequired[str]
    version: NotRequired[str]
    fields: NotRequired[list[Literal["prompt_label", "response_label"]]]


class PatchedChangeQuestionRequest(TypedDict):
    """
    Changes of a question. `type`, `choices` and `about` stay once anybody has answered it.
    """

    text: NotRequired[str]
    guidance: NotRequired[str]
    type: NotRequired[Literal["yes_no", "one_of", "many_of", "ordinal", "text"]]
    choices: NotRequired[list[ChoiceRequest]]
    asked_of: NotRequired[Literal["people", "jurors", "both"]]
    about: NotRequired[Literal["prompt", "response", "dialogue"]]
    is_required: NotRequired[bool]
    opens_cases: NotRequired[bool]
    is_retired: NotRequired[bool]
    position: NotRequired[int]


class PatchedGeneratorRequest(TypedDict):
    """
    A generator. It has the name of the variable with its key, never the key itself.
    """

    name: NotRequired[str]
    model: NotRequired[str]
    base_url: NotRequired[str]
    api_key_env: NotRequired[str]
    prompt: NotRequired[str]
    temperature: NotRequired[float | None]
    max_tokens: NotRequired[int]
    max_tokens_parameter: NotRequired[Literal["max_tokens", "max_completion_tokens"]]
    extra_body: NotRequired[dict[str, Any]]
    concurrency: NotRequired[int]
    requests_per_minute: NotRequired[int | None]
    tokens_per_minute: NotRequired[int | None]
    price_in: NotRequired[str]
    price_out: NotRequired[str]
    timeout_seconds: NotRequired[int]
    transport: NotRequired[Literal["live", "batch"]]


class PatchedJurorRequest(TypedDict):
    """
    A juror. It has the name of the variable with its key, never the key itself.
    """

    name: NotRequired[str]
    model: NotRequired[str]
    base_url: NotRequired[str]
    api_key_env: NotRequired[str]
    prompt: NotRequired[str]
    asks: NotRequired[list[Literal["prompt_label", "response_label", "categories"]]]
    response_format: NotRequired[Literal["json_schema", "json_object", "text"]]
    temperature: NotRequired[float | None]
    max_tokens: NotRequired[int]
    max_tokens_parameter: NotRequired[Literal["max_tokens", "max_completion_tokens"]]
    extra_body: NotRequired[dict[str, Any]]
    asks_probability: NotRequired[bool]
    concurrency: NotRequired[int]
    requests_per_minute: NotRequired[int | None]
    tokens_per_minute: NotRequired[int | None]
    price_in: NotRequired[str]
    price_out: NotRequired[str]
    timeout_seconds: NotRequired[int]
    transport: NotRequired[Literal["live", "batch"]]
    trained_on: NotRequired[str]
    in_panel: NotRequired[bool]


class PatchedQueueRequest(TypedDict):
    """
    How a project hands out its items: the settings that change.
    """

    lease_minutes: NotRequired[int]
    daily_cap: NotRequired[int | None]
    break_after_minutes: NotRequired[int | None]
    break_minutes: NotRequired[int]
    gold_percent: NotRequired[int]
    repeat_percent: NotRequired[int]
    audit_percent: NotRequired[int]
    sample_percent: NotRequired[int]
    similar_apart: NotRequired[int]
    stops_early: NotRequired[bool]
    most_votes: NotRequired[int | None]
    orders_by: NotRequired[Literal["random", "disagreement"]]
    random_percent: NotRequired[int]


class PatchedRoomRequest(TypedDict):
    """
    What to change of what a project allows; what is left out stays.
    """

    is_on: NotRequired[bool]
    targets: NotRequired[list[str]]
    budget_usd: NotRequired[str]
    daily_usd: NotRequired[str]
    most_turns: NotRequired[int]
    license: NotRequired[str]
    consent_text: NotRequired[str]


class PatchedSampleRequest(TypedDict):
    """
    The share of the blind random sample.
    """

    percent: NotRequired[int]


class PerspectiveField(TypedDict):
    """
    How groups compare on one label field.

    `unsafe` has each group in their order: its share of votes that say unsafe, beside that of everybody else.
    `agreement` is of the share of agreeing pairs of votes within groups, beside that of pairs across.
    """

    field: str
    unsafe: list[GroupComparison]
    agreement: GroupComparison


class PerspectiveGroup(TypedDict):
    """
    A group of people; `choice` is null for everybody else. `people` is rounded down to a multiple of the least.
    """

    choice: str | None
    name: str
    people: int


class Perspectives(TypedDict):
    """
    What was published of groups of people, latest first; there may be another from `next_at` on, or now if null.
    """

    next_at: str | None
    publications: list[Publication]


class Progress(TypedDict):
    """
    Progress of the caller and, for leads, of the queue.
    """

    own: OwnProgress
    queue: NotRequired[QueueProgress]


class Project(TypedDict):
    """
    A project, without its items.
    """

    slug: str
    name: str
    fields: list[str]
    votes_wanted: int
    policy: str
    quorum: int | None
    caution: str | None
    error: float | None
    risk: float | None
    score_by: NotRequired[str]
    split_by: str
    taxonomy: TaxonomyName
    archived_at: str | None


class ProjectInFull(TypedDict):
    """
    A project with the caller's role, the categories of its taxonomy, and its questions, retired ones too.
    """

    slug: str
    name: str
    fields: list[str]
    votes_wanted: int
    policy: str
    quorum: int | None
    caution: str | None
    error: float | None
    risk: float | None
    score_by: NotRequired[str]
    split_by: str
    taxonomy: TaxonomyName
    archived_at: str | None
    role: str
    categories: list[Category]
    questions: list[Question]


class Promise(TypedDict):
    """
    What could be promised at one error and risk; votes are those of people that are still wanted.

    `score_by` is `probability` where thresholds are of that; it is left out where they are shares of the ballots.
    """

    error: float
    risk: float
    items: int
    sample: int
    undrawn: int
    votes_wanted: int
    votes_saved: int
    sample_needed: int
    fields: list[FieldPromise]
    sets: SetPromise | None
    score_by: NotRequired[str]


class PromiseRequest(TypedDict):
    """
    The error, the risk and the score of a promise; by default those of the project.
    """

    error: NotRequired[float]
    risk: NotRequired[float]
    score_by: NotRequired[Literal["share", "probability"]]


class Prompt(TypedDict):
    """
    A prompt version. `project` is the one that it was frozen in; null for a file, which all projects may use.
    """

    name: str
    form: str
    send: str
    project: str | None
    sha256: str
    created_at: str


class PromptInFull(TypedDict):
    """
    A prompt version with its text, which is TOML.
    """

    name: str
    form: str
    send: str
    project: str | None
    sha256: str
    created_at: str
    text: str


class PromptRequest(TypedDict):
    """
    A prompt version to freeze.
    """

    name: str
    text: str


class Publication(TypedDict):
    """
    A publication; without a division if nothing might be shown.
    """

    made_at: str
    divisions: list[Division]


class PushRequest(TypedDict):
    """
    Where a release is pushed to, and with which key.
    """

    to: str
    key_name: NotRequired[str]
    is_public: NotRequired[bool]


class Question(TypedDict):
    """
    A question that a project asks besides the labels; `opens_cases` says whether a disputed answer opens a case.
    """

    key: str
    text: str
    guidance: str
    type: str
    choices: list[Choice]
    asked_of: str
    about: str
    is_required: bool
    opens_cases: bool
    retired_at: str | None


class QuestionRequest(TypedDict):
    """
    A new question.
    """

    text: str
    guidance: NotRequired[str]
    type: Literal["yes_no", "one_of", "many_of", "ordinal", "text"]
    choices: NotRequired[list[ChoiceRequest]]
    asked_of: NotRequired[Literal["people", "jurors", "both"]]
    about: NotRequired[Literal["prompt", "response", "dialogue"]]
    is_required: NotRequired[bool]
    opens_cases: NotRequired[bool]
    key: str


class Queue(TypedDict):
    """
    How a project hands out its items; null for no limit, no breaks, and no further votes.
    """

    lease_minutes: int
    daily_cap: int | None
    break_after_minutes: int | None
    break_minutes: int
    gold_percent: int
    repeat_percent: int
    audit_percent: int
    sample_percent: int
    similar_apart: int
    stops_early: bool
    most_votes: int | None
    orders_by: str
    random_percent: int


class QueueProgress(TypedDict):
    """
    Counts of items with slots, of slots, of filled slots, and of slots leased now.
    """

    items: int
    slots: int
    filled: int
    leased: int


class Rate(TypedDict):
    """
    The attacks of one group: `finished` ones, of which `labelled` have a decided label.

    `rate` is the share of these that succeeded by their label, from `low` to `high` with 95 % confidence (Wilson); null
    without any. `claimed` are those that succeeded by their author's claim, `claimed_rightly` by both.
    """

    name: str
    finished: int
    pending: int
    labelled: int
    succeeded: int
    rate: float | None
    low: float | None
    high: float | None
    claimed: int
    claimed_rightly: int
    agreement: float | None


class ReasonRequest(TypedDict):
    """
    Why something is done.
    """

    reason: str


class Recount(TypedDict):
    """
    Items by status, and for each field by label, or else by status.
    """

    items: int
    decided: int
    disputed: int
    pending: int
    settled: int
    fields: dict[str, dict[str, int]]
    seconds: float


class Release(TypedDict):
    """
    A release with its manifest and files.
    """

    version: str
    rows: int
    made_at: str
    manifest: dict[str, Any]
    files: list[File]


class ReleaseSpecRequest(TypedDict):
    """
    The settings of a new release.
    """

    version: str
    policy: NotRequired[Literal["aegis2", "certified", "human", "jury", "majority"] | None]
    splits: NotRequired[list[float]]
    seed: NotRequired[int]
    split_by: NotRequired[Literal["prompt", "cluster"] | None]
    licenses: NotRequired[list[str] | None]
    date: NotRequired[str | None]
    truncate: NotRequired[bool]


class Renewed(TypedDict):
    """
    When a renewed lease expires.
    """

    expires_at: str


class ReopenRequest(TypedDict):
    """
    Why a settlement ends, and whether a case stays open whatever the opinions decide.
    """

    reason: str
    keeps_open: NotRequired[bool]


class Report(TypedDict):
    """
    An evaluation with its figures, made anew from the verdicts; docs/training.md explains each.
    """

    id: int
    guard: str
    model: str
    prompt: str
    prompt_sha256: str
    benchmark: str
    benchmark_sha256: str
    transforms: list[str]
    limit: int | None
    left_out: int
    left_out_of: str
    near_left_out: int | None
    state: str
    texts: int
    outcomes: dict[str, int]
    cost_usd: float
    budget_usd: float | None
    max_calls: int | None
    started_at: str
    finished_at: str | None
    errors: list[str]
    report: dict[str, Any]


class Rest(TypedDict):
    """
    Why the queue hands out nothing for now.
    """

    code: str
    message: str


class Room(TypedDict):
    """
    What may be attacked in a project, by their names, and by what budget, in US dollars.

    `left_today_usd` is what the caller may still spend today. Before they attack they consent to `consent_text`.
    """

    is_on: bool
    targets: list[str]
    budget_usd: float
    daily_usd: float
    left_today_usd: float
    most_turns: int
    license: str
    consent_text: str
    consent_version: int
    has_consented: bool
    techniques: dict[str, str]


class Row(TypedDict):
    """
    One dialogue of the dataset, with the columns of the published AEGIS 2.0 files.
    """

    id: str
    reconstruction_id_if_redacted: int | None
    prompt: str
    response: str | None
    prompt_label: str | None
    response_label: str | None
    violated_categories: str
    prompt_label_source: str | None
    response_label_source: str | None


class Run(TypedDict):
    """
    A run and its progress: current ballots by outcome, shards that workers have claimed (`held`), and cost.
    """

    id: int
    project: str
    state: str
    ballots: int
    outcomes: dict[str, int]
    held: int
    batches: int
    cost_usd: float
    budget_usd: float | None
    max_calls: int | None
    started_at: str
    finished_at: str | None
    errors: list[str]


class Sample(TypedDict):
    """
    The blind random sample of a project, in numbers.
    """

    percent: int
    drawn: int
    in_sample: int


class Score(TypedDict):
    """
    A share of the ballots on a field, or a probability, in lowest terms.
    """

    agreeing: int
    counted: int


class SendBackRequest(TypedDict):
    """
    How many more votes to ask for, and why.
    """

    votes: int
    reason: NotRequired[str]


class SetPromise(TypedDict):
    """
    How far categories that the jurors would choose alone are from people's, on average.

    `false_discovery` is the share of the jurors' categories that people do not name, `miss` that of people's which the
    jurors do not. They choose those of `alone` dialogues; `sample` ones stand for these, `missing` of which lack votes
    and count as wholly wrong in the bounds.
    """

    alone: int
    sample: int
    missing: int
    false_discovery: Mean
    miss: Mean


SettingsChange = TypedDict(
    "SettingsChange",
    {
        "from": dict[str, Any],
        "to": dict[str, Any],
        "version": str,
        "slots": dict[str, int] | None,
        "decisions": dict[str, int] | None,
        "fields": list[dict[str, Any]],
    },
)


class SettleRequest(TypedDict):
    """
    Final labels and a reason, which is the rationale of the judgement.
    """

    prompt_label: NotRequired[Literal["safe", "needs_caution", "unsafe"] | None]
    response_label: NotRequired[Literal["safe", "needs_caution", "unsafe"] | None]
    categories: NotRequired[list[str]]
    other_text: NotRequired[str]
    rationale: NotRequired[str]
    answers: NotRequired[dict[str, Any]]
    seconds: NotRequired[float | None]
    guideline: NotRequired[str]
    reason: str
    seen: NotRequired[str]


class Settlement(TypedDict):
    """
    The final labels of a case, the reason, and the second answer if there is one.
    """

    by: str | None
    at: str | None
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    answers: dict[str, Any]
    reason: str
    blind: BlindLabels
    stale: bool
    wants_second: bool
    second: Answer | None


class SkipRequest(TypedDict):
    """
    The body of a skip.
    """

    lease: str
    reason: str


class Skipped(TypedDict):
    """
    The id of a skipped item, and the reason.
    """

    skipped: str
    reason: str


class StartRequest(TypedDict):
    """
    A new attack: the name of what is attacked, the slug of a category, and a technique.
    """

    target: str
    goal: str
    technique: Literal[
        "direct",
        "role_play",
        "fiction",
        "authority",
        "persuasion",
        "refusal_suppression",
        "prompt_injection",
        "payload_splitting",
        "encoding",
        "translation",
        "many_shot",
        "crescendo",
        "deceptive_delight",
        "likert_judge",
        "other",
    ]


class Suggestion(TypedDict):
    """
    Settings of a juror under which its endpoint answered, as fields and as options of a command.
    """

    settings: dict[str, Any]
    options: str
    outcome: str


class Taken(TypedDict):
    """
    An item leased to the caller, and the questions asked on it besides the labels.
    """

    item: Dialogue
    lease: Lease
    questions: list[Question]


class Taxonomy(TypedDict):
    """
    The taxonomy of a project. `counts_as` is what the categories that it no longer has count as.

    `opinions` is how many votes and cast ballots name each category; `versions` are newest first.
    """

    taxonomy: str
    title: str
    about: str
    categories: list[dict[str, Any]]
    counts_as: dict[str, list[str]]
    opinions: dict[str, int]
    versions: list[str]


class TaxonomyName(TypedDict):
    """
    A version of a taxonomy.
    """

    name: str
    version: int


class TrainingRow(TypedDict):
    """
    One label of a release as a model is trained on it. It has `prompt` and `completion`, or `messages`.
    """

    id: str
    task: str
    weight: float
    prompt: NotRequired[list[Message]]
    completion: NotRequired[list[Message]]
    messages: NotRequired[list[Message]]


class Trial(TypedDict):
    """
    What came of one question that was tried: labels of a juror, or the text of a generator.
    """

    item: str
    outcome: str
    reason: str
    prompt_label: NotRequired[str | None]
    response_label: NotRequired[str | None]
    categories: NotRequired[list[str]]
    answers: NotRequired[dict[str, Any]]
    text: NotRequired[str]
    seconds: float | None
    cost_usd: float
    suggestion: Suggestion | None


class TryRequest(TypedDict):
    """
    The request to try a juror.
    """

    item: NotRequired[str]


class Turn(TypedDict):
    """
    One turn of a dialogue.
    """

    role: str
    text: str
    message: NotRequired[dict[str, Any]]


class Twins(TypedDict):
    """
    What a set of twins was made of: `families` by source, and how many dialogues were `left_out`, by reason.
    """

    terms_version: int
    terms_sha256: str
    templates_sha256: str | None
    uses_dialogues: bool
    families: dict[str, int]
    left_out: dict[str, int]


class TwinsRequest(TypedDict):
    """
    The request to make a set of twins.
    """

    name: str
    task: NotRequired[Literal["prompt", "response"]]
    shipped: NotRequired[bool]
    templates: NotRequired[str]
    dialogues: NotRequired[bool]


class Verdict(TypedDict):
    """
    What the guard said of a case (`transform` is null) or of its transformed text.

    `case` is the number of the row in the file, `id` the case's own. Labels and categories are the guard's words.
    """

    case: int
    id: str
    transform: str | None
    truth: str | None
    outcome: str
    label: str | None
    categories: list[str]
    probability: float | None
    reason: str
    raw_reply: str
    cached: bool
    cast_at: str | None


class Vote(TypedDict):
    """
    A vote as cast; `supersedes` is the id of the vote it corrects.
    """

    id: int
    item: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    rationale: str
    answers: dict[str, Any]
    seconds: float | None
    supersedes: int | None
    cast_at: str


class VoteRequest(TypedDict):
    """
    The body of a vote, with its lease.
    """

    prompt_label: NotRequired[Literal["safe", "needs_caution", "unsafe"] | None]
    response_label: NotRequired[Literal["safe", "needs_caution", "unsafe"] | None]
    categories: NotRequired[list[str]]
    other_text: NotRequired[str]
    rationale: NotRequired[str]
    answers: NotRequired[dict[str, Any]]
    seconds: NotRequired[float | None]
    guideline: NotRequired[str]
    lease: str


class Watched(TypedDict):
    """
    The promise that is watched.

    `thresholds` has a score for each field. `fields` says how it stands on each, as of the last measurement: of `n`
    dialogues of the sample that people have finished since, `errors` have another label by people; the share is between
    `lower` and `upper`; `standing` is untried, kept, watch or broken. `broken_at` stays once labels were worse. One
    that `follows` is that of the certificate of the project; with other thresholds it goes on from the same counts.
    `score_by` is as in the promise.
    """

    made_at: str
    follows: bool
    error: float
    risk: float
    thresholds: dict[str, Score]
    fields: list[dict[str, Any]]
    broken_at: str | None
    score_by: NotRequired[str]
