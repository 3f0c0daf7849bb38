"""The verbs of adjudication, one transaction each."""

from adjudication.actions.imports import import_opinions
from adjudication.actions.recounts import keep_current, recount
from adjudication.actions.releases import make_release
from adjudication.actions.snapshots import snapshot

__all__ = ["import_opinions", "keep_current", "make_release", "recount", "snapshot"]
