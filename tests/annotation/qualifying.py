"""Projects whose annotators qualify, and people who do."""

from django.utils import timezone

from annotation.actions import set_gold, update_qualification, use_gold
from annotation.models import AttemptItem, Gold, QualificationAttempt
from annotation.session import ensure_profile
from corpus.labels import Judgement
from corpus.models import Item
from tests.annotation.people import Visitor
from tests.factories import dialogue, import_dialogues, make_project

UNSAFE = {"prompt_label": "unsafe", "response_label": "safe", "categories": ["threat"]}
SAFE = {"prompt_label": "safe", "response_label": "safe"}


def gold(project, lead, *names, use=Gold.Use.QUALIFICATION, **labels):
    """Give dialogues of a project a gold label, unsafe unless `labels` say otherwise, and a use."""
    chosen = labels or UNSAFE
    judgement = Judgement(**(chosen | {"categories": tuple(chosen.get("categories", ()))}))
    for name in names:
        set_gold(project=project, by=lead.user, external_id=name, judgement=judgement, reason=f"{name} threatens")
    items = list(Item.objects.filter(project=project, external_id__in=names).values_list("pk", flat=True))
    use_gold(project=project, by=lead.user, items=items, use=use)


def qualifying_project(folder, *known, work=("work",), use=Gold.Use.QUALIFICATION, **settings):
    """Return a project where annotators qualify on the `known` dialogues, and a lead of it."""
    project = make_project(votes_wanted=1)
    known = known or ("k1", "k2")
    import_dialogues(project, folder, [dialogue(name) for name in (*known, *work)])
    lead = Visitor(project, "lead")
    gold(project, lead, *known, use=use)
    if use == Gold.Use.QUALIFICATION:
        update_qualification(project=project, by=lead.user, settings={"is_on": True, **settings})
    return project, lead


def add_attempts(visitor, item):
    """Add a failed attempt of a person on one item, and another that is under way."""
    annotator = ensure_profile(visitor.project, visitor.user)
    rules = {"annotator": annotator, "pass_percent": 80, "compares_categories": False, "caution": "safe"}
    result = {"ended_at": timezone.now(), "compared": 2, "agreed": 1, "has_passed": False}
    labels = {"gold_prompt_label": "unsafe", "gold_categories": ["threat"], "gold_reason": "It threatens somebody."}
    shown = {"shown_at": timezone.now(), "answered_at": timezone.now(), "prompt_label": "safe"}
    for number, ended, answer in ((1, result, shown), (2, {}, {})):
        attempt = QualificationAttempt.objects.create(**rules, **ended, number=number)
        AttemptItem.objects.create(attempt=attempt, item_id=item, position=1, **labels, **answer)


def current_item(visitor):
    """Return the item that a person has to answer next; None if no attempt is under way."""
    rows = AttemptItem.objects.filter(attempt__annotator__user=visitor.user, attempt__ended_at=None, answered_at=None)
    return rows.filter(item__withdrawn_at=None).select_related("item").order_by("position").first()


def answer(visitor, item, **labels):
    """Have the dialogue of an item shown and answer it, by the pages; unsafe unless `labels` say otherwise."""
    visitor.post("qualify/show/", lease=item.lease)
    return visitor.post("qualify/answer/", lease=item.lease, item=item.item.external_id, **(labels or UNSAFE))


def attempt_once(visitor, **labels):
    """Make a whole attempt with the same answer to everything, by the pages, and return it."""
    assert visitor.post("qualify/begin/").status_code == 302
    while item := current_item(visitor):
        assert answer(visitor, item, **labels).status_code == 302
    return QualificationAttempt.objects.filter(annotator__user=visitor.user).latest("number")
