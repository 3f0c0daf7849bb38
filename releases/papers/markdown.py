"""Arrange sentences as Markdown. Every text of the data is escaped, so that none of it is read as Markdown or HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from releases.dataset_card import bullets, plain, plain_block
from releases.facts.model import Facts


@dataclass(frozen=True)
class Answer:
    """A question of a paper with its answer."""

    question: str
    paragraphs: Sequence[str] = ()
    "Plain text; empty ones are left out."
    points: Sequence[str] = ()
    "Plain text, shown as a list."


@dataclass(frozen=True)
class Section:
    """Questions under one heading."""

    title: str
    answers: Sequence[Answer]


def paper(title: str, facts: Facts, introduction: Sequence[str], sections: Iterable[Section]) -> str:
    """Return a paper about a release as Markdown."""
    manifest = facts.manifest
    head = f"# {title}: {plain(manifest['title'])}, version {plain(manifest['version'])}"
    parts = [head, *paragraphs(introduction)]
    for section in sections:
        parts.append(f"## {section.title}")
        for answer in section.answers:
            parts += [f"### {answer.question}", *paragraphs(answer.paragraphs), bullets(filter(None, answer.points))]
    return "\n\n".join(filter(None, parts)) + "\n"


def paragraphs(texts: Sequence[str]) -> list[str]:
    """Return plain texts as paragraphs of Markdown, without the empty ones."""
    return [plain_block(text) for text in texts if text]
