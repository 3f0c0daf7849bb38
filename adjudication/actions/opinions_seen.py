"""Record who has seen the opinions on an item."""

from django.contrib.auth.models import User

from corpus.models import Event, Item, Verb


def record_opinions_seen(*, item: Item, by: User) -> None:
    """Record that a person has seen the opinions on an item; a second record of the same is ignored."""
    event = Event(project_id=item.project_id, verb=Verb.OPINIONS_SEEN, subject=item.external_id, actor=by)
    Event.objects.bulk_create([event], ignore_conflicts=True)
