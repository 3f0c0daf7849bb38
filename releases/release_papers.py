"""The papers of a release as files."""

from collections.abc import Mapping, Sequence
from typing import Any

from releases.card_header import Table
from releases.card_html import whole_page
from releases.croissant import croissant_json
from releases.dataset_card import dataset_card
from releases.facts.model import Facts
from releases.papers.article_10 import article_10
from releases.papers.datasheet import datasheet


def papers_of(facts: Facts, data: Mapping[str, Mapping[str, Any]], loaded: Sequence[Table]) -> dict[str, bytes]:
    """
    Return the papers of a release by file name.

    :param data: `sha256` and `bytes` of each data file, by name
    :param loaded: what Hugging Face loads
    """
    papers = {"README.md": dataset_card(facts, loaded).encode(), "croissant.json": croissant_json(facts, data)}
    for name, text in {"datasheet": datasheet(facts), "article-10": article_10(facts)}.items():
        page = whole_page(text, title=f"{facts.manifest['title']}: {name}")
        papers |= {f"{name}.md": text.encode(), f"{name}.html": page.encode()}
    return papers
