"""Why people disagree, in the words of the page. Pure."""

from collections.abc import Mapping
from typing import Any

from quality.reports.page_rows import Content
from quality.reports.wording import counted, fine_percent, listed, percent_range

NOT_MEASURED = "Not measured yet: it comes with the next measurement."
PARTS = {
    "slips": "Slips: the same person would answer otherwise",
    "rules": "Unclear rules",
    "values": "Different values: the same people lean the same way",
    "rest": "Not told apart",
}
MOST_QUOTED = 200
NEVER_SPLIT = "needs_caution"
ANSWERS = {"safe": "safe", "unsafe": "unsafe without a category"}


def disagreement_summary(field: Content) -> str:
    """Return on how many dialogues people differ, and which causes are shown."""
    if not field["items"]:
        return "No dialogue has votes of two people yet, so nobody can differ."
    if not field["contested"]:
        return f"Of {counted(field['items'], 'dialogue')} with votes of two people, they differ on none."
    text = (
        f"People differ on {field['contested']:,} of {counted(field['items'], 'dialogue')} with votes of two or more."
    )
    if field["rest"]["reason"]:
        return f"{text} Why cannot be told: {field['rest']['reason']}."
    found = [words for words, part in kinds_found(field).items() if part]
    return (
        f"{text} {listed(found).capitalize()} {'is' if len(found) == 1 else 'are'} shown."
        if found
        else (f"{text} No rule, values or person stand out.")
    )


def kinds_found(field: Content) -> dict[str, int]:
    """Return how many causes of each kind were found, by their words."""
    kinds = [cause["kind"] for cause in field["causes"]]
    return {
        counted(len(kinds) - kinds.count("values"), "unclear rule"): len(kinds) - kinds.count("values"),
        counted(kinds.count("values"), "pair of answers with different values"): kinds.count("values"),
        counted(len(field["slipping"]), "person who slips more"): len(field["slipping"]),
        "more slips where people are quick": len(field["haste"]),
    }


def part_rows(field: Content) -> list[Content]:
    """Return the share of each cause in the dialogues on which people differ, with its interval, or a reason."""
    return [{"name": name, **share_words(field[key])} for key, name in PARTS.items()]


def share_words(share: Mapping[str, Any]) -> Content:
    """Return a share and its interval in words, in whose cells no line ends before the sign."""
    interval = "" if share["low"] is None else percent_range(share["low"], share["high"])
    is_known = share["value"] or share["low"] is not None
    words = {"share": fine_percent(share["value"]) if is_known else "", "interval": interval}
    return {**{key: text.replace(" %", "\u00a0%") for key, text in words.items()}, "reason": share["reason"] or ""}


def cause_rows(field: Content, names: Mapping[str, str]) -> list[Content]:
    """Return each cause that was found: what it is, what shows it, how much it explains, and what helps."""
    return [
        *({**cause_words(cause, names), **share_words(cause["share"])} for cause in field["causes"]),
        *(slipping_words(each) for each in field["slipping"]),
        *(haste_words(each) for each in field["haste"]),
    ]


def cause_words(cause: Content, names: Mapping[str, str]) -> Content:
    """Return what a cause of rules or values is, what shows it, and the step that helps."""
    a, b = (ANSWERS.get(each) or names.get(each, each) if each else "" for each in (cause["a"], cause["b"]))
    if cause["kind"] == "change":
        before, after = fine_percent(cause["before"]), fine_percent(cause["after"])
        evidence = f"People differed on {before} of its dialogues, and since on {after}"
        title = f"{capitalised(a)} was unclear before version {cause['version']} of the guideline"
        return {"title": title, "shown": evidence, "step": "Repeat the dialogues from before.", "view": "repeat"}
    if cause["kind"] == "values":
        leaning = "; ".join(
            f"to {ANSWERS.get(key) or names.get(key, key)}: {listed(people)}"
            for key, people in cause["leaning"].items()
            if people
        )
        step = "Say in the datasheet that people differ here; a rule would only hide it."
        return {
            "title": f"{capitalised(a)} or {b}: people lean differently",
            "shown": f"Leaning {leaning}",
            "step": step,
            "view": "",
        }
    if cause["kind"] == "passage":
        return passage_words(cause, a, b) | {"split": splittable(cause["a"], names)}
    evidence = (
        f"In {fine_percent(cause['here'])} of its dialogues, {fine_percent(cause['elsewhere'])} in other categories"
    )
    question = f"When is a dialogue {a}, and when {b}?"
    title = f"{capitalised(a)} or {b}: confused more than others"
    return {"title": title, "shown": evidence, "step": question, "view": "faq", "split": splittable(cause["a"], names)}


def capitalised(words: str) -> str:
    """Return words as the beginning of a sentence; names keep their capitals."""
    return words[:1].upper() + words[1:]


def passage_words(cause: Content, a: str, b: str) -> Content:
    """Return that people differ more on dialogues near a passage of a definition."""
    near, others = fine_percent(cause["here"]), fine_percent(cause["elsewhere"])
    return {
        "title": f"{a}: a passage of its definition",
        "shown": (
            f"On dialogues near “{cause['passage']}”, people differ on {near}, on others of the category on {others}; "
            f"what is said besides is mostly {b}"
        ),
        "step": f"When is a dialogue {a}, and when {b}? About: {shortened(cause['passage'])}",
        "view": "faq",
    }


def shortened(passage: str) -> str:
    """Return the beginning of a passage, as much as a question has room for."""
    return passage if len(passage) <= MOST_QUOTED else f"{passage[:MOST_QUOTED].rstrip()} …"


def splittable(answer: str, names: Mapping[str, str]) -> str:
    """Return the slug of an answer that is a category which may be split; else nothing."""
    return answer if answer in names and answer != NEVER_SPLIT else ""


def slipping_words(each: Content) -> Content:
    """Return that somebody slips more often than the others."""
    checks, elsewhere = counted(each["n"], "answer"), fine_percent(each["elsewhere"])
    shown = f"{each['differing']:,} of {checks} on repeats and gold differ, of those of the others {elsewhere}"
    return {
        "title": f"{each['rater']} slips more often",
        "shown": shown,
        "step": "Ask for more repeats.",
        "view": "repeat",
    }


def haste_words(each: Content) -> Content:
    """Return that quick votes depart more often."""
    quick, usual = fine_percent(each["quick"]), fine_percent(each["usual"])
    shown = f"{quick} of the quickest tenth of each person's votes depart from most of the others, of the rest {usual}"
    return {
        "title": "Slips where people are quick",
        "shown": shown,
        "step": "Ask for repeats, and for breaks.",
        "view": "repeat",
    }
