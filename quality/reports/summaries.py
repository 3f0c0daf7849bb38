"""What each tab of the quality page shows, in a sentence or two. Pure."""

from collections.abc import Iterable
from statistics import median

from corpus.labels import Field
from quality.reports.page_rows import FIELD_NAMES, Content
from quality.reports.wording import (
    counted,
    day,
    decimals,
    fine_percent,
    listed,
    percent,
    percent_range,
    unknown_reason,
)

REFERENCES = {"majority": "the majority of the others", "settled": "settled labels", "gold": "gold"}
"What raters are compared with, in words, by the key of their scores."
NO_SAMPLE = (
    "A share of the dialogues, drawn at random, gets all its votes whatever models say; nobody sees which. From it "
    "follow the share of unsafe in all dialogues, how right each juror is, and whether it may take the place of a "
    "person. Set the share under Blind random sample."
)
CHECKS = {
    "gold": "First answers to gold are right",
    "repeats": "Repeats are answered alike",
    "audited": "Audits agree with the vote",
}


def agreement_summary(agreement: Content) -> str:
    """Return alpha among people, among models and between them, on each field."""
    sentences = []
    for field in agreement["fields"]:
        names = {"human": "among people", "llm": "among models", "between": "between people and models"}
        alphas = {name: field["kinds"][kind]["alpha"]["value"] for kind, name in names.items()}
        known = [f"{decimals(value)} {name}" for name, value in alphas.items() if value is not None]
        part = Field(field["field"]).part
        reason = field["kinds"]["all"]["alpha"]["reason"]
        sentences.append(
            f"On {part}s, alpha is {listed(known)}." if known else f"On {part}s, alpha is not known: {reason}."
        )
    return " ".join(sentences)


def rater_summary(scores: Content, reference: str) -> str:
    """
    Return the range of accuracy of the raters on one field, without naming anybody.

    :param reference: one of REFERENCES
    """
    accuracies = [row[reference]["accuracy"] for row in scores["raters"] if row[reference]["n"]]
    if not accuracies:
        return f"No opinion can be compared with {REFERENCES[reference]} yet."
    beginning = f"Compared with {REFERENCES[reference]}, {counted(len(accuracies), 'rater')}"
    if len(accuracies) == 1:
        return f"{beginning} has an accuracy of {decimals(accuracies[0])}."
    lowest, highest = decimals(min(accuracies)), decimals(max(accuracies))
    return f"{beginning} have accuracies of {lowest} to {highest}, half of them {decimals(median(accuracies))} or more."


def drift_summary(drift: Content) -> str:
    """Return how far opinions agreed with the majority of the others in the last week and in the one before."""
    weeks = [(week, *weekly_agreement(drift["raters"], at)) for at, week in enumerate(drift["weeks"])]
    known = [(week, share, n) for week, share, n in weeks if share is not None]
    if not known:
        return "No week has opinions that can be compared yet."
    week, share, n = known[-1]
    text = f"In the week of {day(week)}, opinions agreed with the majority of the others in {percent(share)} of {n:,}"
    if len(known) == 1:
        return f"{text} comparisons. There is no other week yet."
    before, earlier, _ = known[-2]
    return f"{text} comparisons, against {percent(earlier)} in that of {day(before)}."


def weekly_agreement(raters: Iterable[Content], week: int) -> tuple[float | None, int]:
    """Return the agreement of all raters in a week, by its index, with the number of comparisons."""
    cells = [row["weeks"][week] for row in raters if row["weeks"][week]["compared"]]
    n = sum(cell["compared"] for cell in cells)
    return (sum(cell["agrees"] * cell["compared"] for cell in cells) / n if n else None), n


def check_summary(checks: Content) -> str:
    """Return how people did on gold, repeats and audits together, without naming anybody."""
    sentences = [f"{counted(checks['gold_items'], 'dialogue')} with a known label."]
    for check, beginning in CHECKS.items():
        n = sum(row[check]["n"] for row in checks["people"])
        if n:
            alike = sum(row[check]["alike"] for row in checks["people"])
            sentences.append(f"{beginning} in {percent(alike / n)} of {n:,}.")
    drawn, done = checks["audits_drawn"], checks["audits_done"]
    sentences.append(f"{done:,} of {counted(drawn, 'audit')} done." if drawn else "No audit has been drawn.")
    return " ".join(sentences)


def juror_summary(fields: Iterable[Content]) -> str:
    """Return how many independent jurors the panel amounts to, on each field."""
    sentences = []
    for field in fields:
        votes, errors = field["errors"]["votes"], field["errors"]["correlation"]
        part, jurors = field["name"].lower(), len(field["jurors"])
        if votes is None:
            reason = unknown_reason(field["errors"]["items"])
            sentences.append(f"On {part}s it is not known whether the {jurors} jurors err alike: {reason}.")
        else:
            sentences.append(
                f"On {part}s, {jurors} jurors are worth {votes:.1f} independent ones: their errors correlate by "
                f"{decimals(errors)}."
            )
    return " ".join(sentences) or "Not known until two jurors have judged the same dialogues."


def advice_summary(advice: Content) -> str:
    """Return how many decided labels each way of counting would change on one field."""
    if not advice["items"]:
        return "There are no opinions yet that the policy counts."
    changes = f"{advice['dawid_skene']['flips']:,}, the weighted vote {advice['weighted']['flips']:,}"
    return f"Of {counted(advice['decided'], 'decided label')}, Dawid-Skene would change {changes}."


def share_summary(shares: Content) -> str:
    """Return the share of unsafe among labels, human votes and ballots on one field."""
    part = Field(shares["field"]).part
    row = next((row for row in shares["rows"] if row["by"] == "all"), None)
    if row is None or row["unsafe"] is None:
        return f"No {part} has a label yet."
    text = f"Of {counted(row['labelled'], f'labelled {part}')}, {percent(row['unsafe'])} are unsafe"
    kinds = {"of people's votes": row["human"], "of models' ballots": row["llm"]}
    parts = [f"{percent(each['unsafe'])} {whose}" for whose, each in kinds.items() if each["n"]]
    return f"{text}, as are {listed(parts)}." if parts else f"{text}."


def split_summary(splits: Content) -> str:
    """Return how often the counted opinions on one field are split, and how narrowly."""
    name = FIELD_NAMES[splits["field"]]
    if not splits["items"]:
        return f"{name}: nothing is counted yet."
    text = f"{name}: {percent(splits['by_one'])} of {splits['items']:,} dialogues are decided or split by one opinion."
    if splits["two_to_one"] is None:
        return text
    return f"{text} Of {splits['of_three']:,} with three opinions, {percent(splits['two_to_one'])} are split 2 to 1."


def question_summary(question: Content) -> str:
    """Return how many answered a question, alpha, and how much of it is disputed."""
    shares = question["shares"]
    given = counted(shares["all"]["n"], "answer")
    sentences = [f"{given}, {shares['human']['n']:,} by people and {shares['llm']['n']:,} by models."]
    if not shares["all"]["n"]:
        sentences = ["Nobody has answered it yet."]
    if question["is_retired"]:
        sentences.append("The question is no longer asked.")
    if not shares["all"]["n"]:
        return " ".join(sentences)
    if "kinds" not in question:
        return " ".join([*sentences, "Texts are kept as they are: they are neither compared nor decided."])
    everybody, disputed = question["kinds"]["all"], question["decisions"]["disputed"]
    alpha = everybody.get("ordinal_alpha") or everybody["alpha"]
    known = f"is {decimals(alpha['value'])}" if alpha["value"] is not None else f"is not known: {alpha['reason']}"
    sentences.append(f"Alpha {known}.")
    if disputed is not None:
        sentences.append(f"Of the dialogues with enough answers, {percent(disputed)} are disputed.")
    return " ".join(sentences)


def sample_summary(field: Content) -> str:
    """Return the share of unsafe that the blind random sample shows, and what it stands on."""
    part, unsafe = Field(field["field"]).part, field["unsafe"]
    if unsafe["value"] is None:
        return f"The share of unsafe {part}s is not known yet: {unsafe['reason']}."
    interval = percent_range(unsafe["low"], unsafe["high"])
    models = ", and on what models say of all" if unsafe["power"] else ""
    return (
        f"People would call {fine_percent(unsafe['value'])} of {counted(unsafe['items'], part)} unsafe; the 95 % "
        f"interval is {interval}. This stands on {counted(unsafe['n'], 'label')} of people in a random sample"
        f"{models}."
    )
