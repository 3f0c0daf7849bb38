"""A form that is sent twice, by a double press or from two tabs, does no more than once, and says so."""

from django.contrib.auth.models import User

from adjudication.models import BlindAnswer, Case, Decision
from annotation.models import Batch, FurtherVotes, Gold, GuidelineVersion, Skip, Slot, Vote
from annotation.slots import open_slots
from corpus.models import Category, Event, Member
from tests.adjudication.disputes import case_of, disputed_project, final, label_blind
from tests.annotation.people import Visitor
from tests.factories import dialogue, import_dialogues, numbers
from workspace.models import Job

TABLES = (
    *(Batch, BlindAnswer, Case, Category, Decision, FurtherVotes, Gold, GuidelineVersion, Job, Member, Skip, Slot),
    *(User, Vote),
)


def guideline(visitor):
    form = visitor.get("guideline/edit/").context["form"]
    fields = {name: form[name].initial or "" for name in form.fields}
    return "guideline/edit/", fields | {"summary": "Clearer", "body": "Another body"}


def leased(visitor):
    lease = visitor.take()
    return {"lease": lease.id, "item": lease.item.external_id}


def vote(visitor):
    return "label/vote/", leased(visitor) | {"prompt_label": "safe", "response_label": "safe"}


def settle(visitor):
    case = case_of(visitor.project)
    visitor.post(f"cases/{case.pk}/claim/")
    label_blind(visitor, case)
    return f"cases/{case.pk}/settle/", final(rationale="It is a threat.")


def send_back(visitor):
    case = case_of(visitor.project, "two")
    visitor.post(f"cases/{case.pk}/claim/")
    label_blind(visitor, case)
    return f"cases/{case.pk}/send-back/", {"votes": "2", "reason": "More eyes"}


def state_of():
    """Return the number of rows of each table."""
    return {model.__name__: model.objects.count() for model in TABLES}


def test_form_that_is_sent_twice_does_no_more_than_once(tmp_path):
    project = disputed_project(tmp_path, "one", "two", votes_wanted=3)
    import_dialogues(project, tmp_path, [dialogue(f"open {at}") for at in range(4)])
    open_slots(project=project)
    admin, annotator = Visitor(project, "admin"), Visitor(project, "annotator")
    forms = {
        "open a batch": lambda: ("queue/batches/", {"name": "second", "size": "1"}),
        "set gold": lambda: ("queue/gold/", {"external_id": "open 0", "prompt_label": "safe", "reason": "Plainly."}),
        "invite": lambda: ("people/invite/", {"username": f"new-{next(numbers)}", "role": "annotator"}),
        "guideline": lambda: guideline(admin),
        "settle": lambda: settle(admin),
        "send back": lambda: send_back(admin),
        # The last, as a vote on a disputed item settles it; by one who settled nothing, as the batch has any one item.
        "vote": lambda: vote(annotator),
    }
    for name, prepare in forms.items():
        page, fields = prepare()
        visitor = annotator if name == "vote" else admin
        first = visitor.post(page, **fields).status_code
        once, events = state_of(), Event.objects.count()
        second, twice = visitor.post(page, **fields), state_of()
        assert first in (200, 302), (name, first)
        assert second.status_code in (200, 302, 409, 422), (name, second.status_code)
        assert twice == once, (name, once, twice)
        assert second.status_code != 200 or Event.objects.count() - events <= 1, name
