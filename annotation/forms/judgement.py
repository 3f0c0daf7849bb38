"""The form of a person's judgement of one item, and what its template needs."""

from collections.abc import Sequence
from typing import Any

from django import forms

from annotation import queries
from annotation.actions import Answer, guideline_in_force
from annotation.display_names import LABEL_WORDS
from annotation.forms.questions import answers_of, question_fields, questions_context, typed_answers
from annotation.models import Vote
from annotation.reading import length_of
from corpus.access import Access
from corpus.categories.translation import translate
from corpus.labels import FIELDS, OTHER, Field, Judgement
from corpus.models import Category, Project, Question
from corpus.questions import describe_answers, field_of
from corpus.taxonomy_versions import counts_as
from corpus.text_area import TextArea

LONGEST_TEXT = 10_000
KEYS = {
    (field, label): str(len(LABEL_WORDS) * row + column)
    for row, field in enumerate(FIELDS)
    for column, label in enumerate(LABEL_WORDS, start=1)
}
"The key that chooses a label of a field: 1 to 3 for the prompt, 4 to 6 for the response, on every page."


NO_CATEGORY = (
    "“%(value)s” is no category here, or is none any more: the taxonomy may have changed since this page was opened. "
    "Choose what fits now; the rest of your answer is kept."
)


class JudgementForm(forms.Form):
    """A person's judgement of one item: a label for each field, categories, and texts."""

    categories = forms.MultipleChoiceField(required=False)
    order = forms.CharField(required=False)
    "The slugs in the order chosen; check boxes do not say it."
    other_text = forms.CharField(required=False, max_length=LONGEST_TEXT)
    rationale = forms.CharField(required=False, max_length=LONGEST_TEXT, widget=TextArea)
    seconds = forms.FloatField(required=False)
    guideline = forms.CharField(required=False, max_length=60)

    def __init__(
        self, *args: Any, categories: Sequence[Category], questions: Sequence[Question] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        "Those asked of whoever fills it in, on an item with a response."
        self.fields |= question_fields(questions)
        for label_field in FIELDS:
            self.fields[label_field.value] = forms.ChoiceField(choices=list(LABEL_WORDS.items()), required=False)
        field: Any = self.fields["categories"]
        field.choices = [(category.slug, category.name) for category in categories]
        field.error_messages["invalid_choice"] = NO_CATEGORY

    def to_answer(self) -> Answer:
        """Return the judgement with its time and guideline; only for a valid form."""
        data = self.cleaned_data
        return Answer(
            Judgement(
                **{field.value: data[field] or None for field in FIELDS},
                categories=in_chosen_order(data["categories"], data["order"].split()),
                other_text=data["other_text"] if OTHER in data["categories"] else "",
                rationale=data["rationale"],
                answers=answers_of(self),
            ),
            seconds=data["seconds"],
            guideline=data["guideline"],
        )

    def add_error(self, field: str | None, error: Any) -> None:
        """Add an error, in the words of the page if it has its own for a broken rule."""
        super().add_error(field, WORDS.get((field or "", error), error) if isinstance(error, str) else error)

    @property
    def current_values(self) -> dict[str, Any]:
        """The values filled in so far, by name, as the page shows them again."""
        source = self.data if self.is_bound else self.initial
        lists = ("categories", *(field_of(each.key) for each in self.questions if each.type == "many_of"))
        get_list = source.getlist if hasattr(source, "getlist") else lambda name: source.get(name, [])
        return {name: source.get(name, "") for name in self.fields} | {name: get_list(name) for name in lists}


WORDS = {
    (field.value, "Choose one of safe, needs_caution, unsafe."): "Choose one of the three labels." for field in FIELDS
} | {
    ("categories", "An unsafe label needs at least one."): "Name at least one category for what is unsafe.",
    (
        "categories",
        "Named beside a safe label; only unsafe or needs_caution has categories.",
    ): "Categories go with unsafe or needs caution. Take them away, or change the label.",
    ("other_text", "The category other needs a text saying what it is."): "Say in a few words what it is.",
}


def in_chosen_order(slugs: list[str], order: list[str]) -> tuple[str, ...]:
    """Return the chosen slugs in the order of `order`; those it lacks come last."""
    known = [slug for slug in dict.fromkeys(order) if slug in slugs]
    return (*known, *(slug for slug in slugs if slug not in known))


def form_of_vote(
    project: Project, vote: Vote, categories: Sequence[Category], questions: Sequence[Question]
) -> JudgementForm:
    """Return a form filled in with a vote, in terms of the present taxonomy."""
    slugs = translate(vote.categories, counts_as(project.taxonomy_id))
    initial = {name: getattr(vote, name) or "" for name in (*FIELDS, "other_text", "rationale")}
    initial |= {"categories": list(slugs), "order": " ".join(slugs)}
    initial |= {field_of(key): answer for key, answer in vote.answers.items()}
    return JudgementForm(categories=categories, questions=questions, initial=initial)


def judgement_context(
    access: Access,
    item: Any,
    form: JudgementForm,
    *,
    fields: Sequence[str] | None = None,
    labels: Sequence[str] = tuple(LABEL_WORDS),
    is_shown: bool | None = None,
) -> dict[str, Any]:
    """
    Return what `components/judgement.html` needs to show a form on an item.

    :param fields: the label fields to show; default: those that annotators are asked for
    :param labels: the labels to choose from
    :param is_shown: whether the page shows the dialogue: if not, its length and a button stand in its place, and the
        form is disabled; None for pages that fold a masked dialogue
    """
    if fields is None:
        fields = queries.asked_fields_of_item(access.project, has_response=item.has_response)
    guideline = guideline_in_force(access.project)
    return {
        "item": item,
        "form": form,
        "chosen": form.current_values,
        "questions": questions_context(form, has_response=item.has_response),
        "fields": [field_context(access.project, form, Field(name), labels) for name in fields],
        "tiers": queries.categories_by_tier(access.project, guideline),
        "guideline": guideline,
        "is_masked": is_shown is None and queries.person_of(access.user).masks_text,
        "hidden": length_of(item.turns) if is_shown is False else None,
    }


def field_title(project: Project, field: Field) -> str:
    """Return what pages call a label field to people: under aegis2, the prompt's label is of the whole dialogue."""
    is_whole_dialogue = field == Field.PROMPT and project.policy == Project.Policy.AEGIS2
    return "Whole dialogue" if is_whole_dialogue else field.display_name


def field_context(project: Project, form: JudgementForm, field: Field, labels: Sequence[str]) -> dict[str, Any]:
    """Return the name, title, choices and errors of a label field."""
    chosen = form.current_values[field]
    return {
        "name": field.value,
        "title": field_title(project, field),
        "choices": [
            {"key": KEYS[field, label], "value": label, "word": LABEL_WORDS[label], "is_chosen": label == chosen}
            for label in labels
        ],
        "errors": form.errors.get(field, []),
    }


def describe_choices(form: JudgementForm, names: dict[str, str]) -> dict[str, str]:
    """
    Return what a person chose and typed, as display text by title.

    :param names: names of categories by slug
    """
    words, chosen = LABEL_WORDS | names, form.current_values
    answers = dict(describe_answers(form.questions, typed_answers(form)))
    return (
        {field.display_name: words.get(chosen[field], "") for field in FIELDS}
        | answers
        | {
            "Categories": ", ".join(words.get(slug, slug) for slug in chosen["categories"]),
            "Other": chosen["other_text"],
            "Note": chosen["rationale"],
        }
    )
