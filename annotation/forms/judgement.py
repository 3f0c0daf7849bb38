from collections.abc import Sequence
from typing import Any

from django import forms

from annotation import queries
from annotation.actions import Answer, guideline_in_force
from annotation.display_names import LABEL_WORDS
from annotation.models import Vote
from corpus.access import Access
from corpus.attempt import as_sentence
from corpus.errors import Invalid
from corpus.labels import Field, Judgement
from corpus.models import Category, Project

LONGEST_TEXT = 10_000


class JudgementForm(forms.Form):
    """A person's answer on one item: a label for each field asked, categories, and words."""

    prompt_label = forms.ChoiceField(choices=list(LABEL_WORDS.items()), required=False)
    response_label = forms.ChoiceField(choices=list(LABEL_WORDS.items()), required=False)
    categories = forms.MultipleChoiceField(required=False)
    order = forms.CharField(required=False)
    "The slugs in the order chosen, which check boxes alone do not tell."
    other_text = forms.CharField(required=False, max_length=LONGEST_TEXT)
    rationale = forms.CharField(required=False, max_length=LONGEST_TEXT)
    seconds = forms.FloatField(required=False)
    guideline = forms.CharField(required=False, max_length=60)

    def __init__(self, *args: Any, categories: Sequence[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["categories"]
        field.choices = [(category.slug, category.name) for category in categories]

    def answer(self) -> Answer:
        """Return what was filled in; call it once the form is valid."""
        given = self.cleaned_data
        return Answer(
            Judgement(
                prompt_label=given["prompt_label"] or None,
                response_label=given["response_label"] or None,
                categories=in_order(given["categories"], given["order"].split()),
                other_text=given["other_text"] if "other" in given["categories"] else "",
                rationale=given["rationale"],
            ),
            seconds=given["seconds"],
            guideline=given["guideline"],
        )

    def add_error(self, field: str | None, error: Any) -> None:
        """Add an error, in the words of the page if it has its own for a broken rule."""
        super().add_error(field, WORDS.get((field or "", error), error) if isinstance(error, str) else error)

    def refuse(self, error: Invalid) -> None:
        """Show a broken rule beside the field that breaks it."""
        self.add_error(error.field if error.field in self.fields else None, as_sentence(error.reason))

    @property
    def chosen(self) -> dict[str, Any]:
        """What is filled in so far, as the page shows it again."""
        source = self.data if self.is_bound else self.initial
        slugs = source.getlist("categories") if hasattr(source, "getlist") else source.get("categories", [])
        return {**{name: source.get(name, "") for name in self.fields}, "categories": slugs}


WORDS = {
    (field, "Choose one of safe, needs_caution, unsafe."): "Choose one of the three labels."
    for field in (Field.PROMPT, Field.RESPONSE)
} | {
    ("categories", "An unsafe label needs at least one."): "Name at least one category for what is unsafe.",
    (
        "categories",
        "Named beside a safe label; only unsafe or needs_caution has categories.",
    ): "Categories go with unsafe or needs caution. Take them away, or change the label.",
    ("other_text", "The category other needs a text saying what it is."): "Say in a few words what it is.",
}


def in_order(chosen: list[str], order: list[str]) -> tuple[str, ...]:
    """Put what was chosen into the order in which it was, as far as that is known."""
    known = [slug for slug in dict.fromkeys(order) if slug in chosen]
    return (*known, *(slug for slug in chosen if slug not in known))


def form_of(vote: Vote, categories: Sequence[Category]) -> JudgementForm:
    """Return a form filled in as a vote was."""
    filled = {name: getattr(vote, name) or "" for name in ("prompt_label", "response_label", "other_text", "rationale")}
    filled |= {"categories": vote.categories, "order": " ".join(vote.categories)}
    return JudgementForm(categories=categories, initial=filled)


def judgement_context(access: Access, item: Any, form: JudgementForm) -> dict[str, Any]:
    """Return what `components/judgement.html` needs to show a form on an item."""
    guideline = guideline_in_force(access.project)
    asked = queries.asked_fields_of_item(access.project, has_response=item.has_response)
    return {
        "item": item,
        "form": form,
        "chosen": form.chosen,
        "fields": field_choices(access.project, asked, labels=list(LABEL_WORDS)),
        "tiers": queries.categories_by_tier(access.project, guideline),
        "guideline": guideline,
        "is_masked": queries.person_of(access.user).masks_text,
    }


def field_choices(project: Project, fields: Sequence[str], *, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return the name, title and choices of label fields; a choice is (key, label, its word)."""
    titles: dict[str, str] = {
        Field.PROMPT: "Prompt" if project.policy != Project.Policy.AEGIS2 else "Whole dialogue",
        Field.RESPONSE: "Response",
    }
    keys = {Field.PROMPT: dict(zip(LABEL_WORDS, "123", strict=True))}
    keys[Field.RESPONSE] = dict(zip(LABEL_WORDS, "456", strict=True))
    return [
        {
            "name": str(field),
            "title": titles[field],
            "choices": [(keys[Field(field)][label], label, LABEL_WORDS[label]) for label in labels],
        }
        for field in fields
    ]


def chosen_in_words(form: JudgementForm, names: dict[str, str]) -> dict[str, str]:
    """
    Return what somebody had chosen and typed, in words by title.

    :param names: names of categories by slug
    """
    words, chosen = LABEL_WORDS | names, form.chosen
    return {
        "Prompt": words.get(chosen["prompt_label"], ""),
        "Response": words.get(chosen["response_label"], ""),
        "Categories": ", ".join(words.get(slug, slug) for slug in chosen["categories"]),
        "Other": chosen["other_text"],
        "Note": chosen["rationale"],
    }
