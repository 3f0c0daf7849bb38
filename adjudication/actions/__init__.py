"""The verbs of adjudication, one transaction each."""

from adjudication.actions.imports import import_opinions
from adjudication.actions.placing import items_to_write, place_writings
from adjudication.actions.recounts import keep_current, recount
from adjudication.actions.releases import make_release
from adjudication.actions.snapshots import snapshot

__all__ = ["import_opinions", "items_to_write", "keep_current", "make_release", "place_writings", "recount", "snapshot"]
