"""The JSON schema of project files. Pure."""

from typing import Any

FORMAT = "assize_project"
"The key that says that a file is one, with the version of its form."
VERSION = 1
LABEL_FIELDS = ["prompt_label", "response_label"]
MOST_CATEGORIES, MOST_QUESTIONS, MOST_JURORS, MOST_PROMPTS = 200, 50, 100, 100


def text(longest: int, *, shortest: int = 0) -> dict[str, Any]:
    """Return the schema of a text."""
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def number(least: int, most: int) -> dict[str, Any]:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that may be null."""
    return {**schema, "type": [schema["type"], "null"]}


def listed(items: dict[str, Any], *, most: int = 10_000) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items, "maxItems": most}


def whole(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object that has all these keys and no other."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def with_optional(schema: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Return the schema of an object that may have some more keys, which files of earlier versions lack."""
    return {**schema, "properties": {**schema["properties"], **properties}}


LONG = text(500_000)
SHARE = {"type": ["number", "null"], "minimum": 0.001, "maximum": 0.5}
SLUG = {"type": "string", "pattern": r"^[-a-zA-Z0-9_]{1,60}\Z"}  # a $ would let a line end stand after it
CATEGORY = whole(
    slug=SLUG,
    name=text(120, shortest=1),
    code=text(8, shortest=1),
    tier={"enum": ["core", "fine", "caution", "other"]},
    definition=text(10_000, shortest=1),
    also_written=listed(text(120)),
    included=listed(text(10_000)),
    excluded=listed(text(10_000)),
    examples=listed(whole(text=text(10_000), counts={"type": "boolean"})),
    crosswalk={"type": "object", "additionalProperties": maybe(text(120))},
)
QUESTION = whole(
    key=SLUG,
    text=text(300, shortest=1),
    guidance=text(10_000),
    type={"enum": ["yes_no", "one_of", "many_of", "ordinal", "text"]},
    choices=listed(whole(value=text(60), name=text(100)), most=50),
    asked_of={"enum": ["people", "jurors", "both"]},
    about={"enum": ["prompt", "response", "dialogue"]},
    is_required={"type": "boolean"},
    opens_cases={"type": "boolean"},
    is_retired={"type": "boolean"},
)
BACKGROUND = whole(
    key=SLUG,
    text=text(300, shortest=1),
    purpose=text(2_000, shortest=1),
    choices=listed(whole(value=text(60), name=text(100)), most=12),
    least_people=number(5, 1_000),
)
GUIDELINE = whole(
    body=LONG,
    entries={"type": "object", "additionalProperties": whole(included=listed(LONG), excluded=listed(LONG))},
    faq=listed(whole(question=LONG, answer=LONG), most=200),
)
QUEUE = with_optional(
    whole(
        lease_minutes=number(1, 32_767),
        daily_cap=maybe(number(1, 2**31 - 1)),
        break_after_minutes=maybe(number(1, 32_767)),
        break_minutes=number(1, 32_767),
        gold_percent=number(0, 100),
        repeat_percent=number(0, 100),
        audit_percent=number(0, 100),
    ),
    sample_percent=number(0, 100),
    similar_apart=number(0, 200),
    stops_early={"type": "boolean"},
    most_votes=maybe(number(1, 32_767)),
    orders_by={"enum": ["random", "disagreement"]},
    random_percent=number(1, 100),
)
QUALIFICATION = whole(
    applies_to={"enum": ["new", "everybody"]},
    pass_percent=number(1, 100),
    attempts=number(1, 100),
    size=maybe(number(1, 32_767)),
    compares_categories={"type": "boolean"},
)
USD = {"type": "string", "pattern": r"^\d{1,6}(\.\d{1,6})?\Z"}
ATTACKS = whole(
    targets=listed(text(200, shortest=1), most=MOST_JURORS),
    budget_usd=USD,
    daily_usd=USD,
    most_turns=number(1, 100),
    license=text(200),
    consent_text=text(10_000),
)
PRICE = {"type": "string", "pattern": r"^\d{1,6}(\.\d{1,6})?\Z"}
JUROR = with_optional(
    whole(
        name=text(200, shortest=1),
        model=text(200),
        base_url=text(500),
        prompt=SLUG,
        asks=listed(text(20), most=20),
        response_format={"enum": ["json_schema", "json_object", "text"]},
        temperature=maybe({"type": "number", "minimum": 0}),
        max_tokens=number(1, 2**31 - 1),
        max_tokens_parameter={"enum": ["max_tokens", "max_completion_tokens"]},
        extra_body={"type": "object"},
        concurrency=number(1, 32_767),
        requests_per_minute=maybe(number(1, 2**31 - 1)),
        tokens_per_minute=maybe(number(1, 2**31 - 1)),
        price_in=PRICE,
        price_out=PRICE,
        timeout_seconds=number(1, 2**31 - 1),
        transport={"enum": ["live", "batch"]},
        in_panel={"type": "boolean"},
    ),
    asks_probability={"type": "boolean"},
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **with_optional(
        whole(
            **{FORMAT: {"const": VERSION}},
            name={**text(120), "pattern": r"\S"},
            fields={"type": "array", "items": {"enum": LABEL_FIELDS}, "minItems": 1, "uniqueItems": True},
            votes_wanted=number(1, 32_767),
            policy={"enum": ["majority", "aegis2", "human", "jury", "certified"]},
            quorum=maybe(number(1, 32_767)),
            caution={"enum": ["safe", "unsafe", None]},
            taxonomy=whole(
                name=SLUG,
                version=number(1, 32_767),
                title=text(120),
                about=text(10_000),
                categories=listed(CATEGORY, most=MOST_CATEGORIES),
            ),
            questions=listed(QUESTION, most=MOST_QUESTIONS),
            guideline=maybe(GUIDELINE),
            queue=maybe(QUEUE),
            qualification=maybe(QUALIFICATION),
            cases=maybe(whole(hold_minutes=number(1, 32_767), wants_second={"type": "boolean"})),
            prompts=listed(whole(name=SLUG, text=text(100_000, shortest=1)), most=MOST_PROMPTS),
            jurors=listed(JUROR, most=MOST_JURORS),
        ),
        # Files from before there were clusters lack it; their projects go by prompts, as they did.
        certified_error=SHARE,
        certified_risk=SHARE,
        certified_score_by={"enum": ["share", "probability", None]},
        split_by={"enum": ["prompt", "cluster"]},
        background=listed(BACKGROUND, most=10),
        attacks=maybe(ATTACKS),
        group_terms=maybe(listed(text(1_000), most=6_000)),
    ),
}
