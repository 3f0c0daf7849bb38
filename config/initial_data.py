"""The data of a new database: taxonomies, prompt versions, the project `default`."""

from corpus import actions as corpus
from corpus.actions.taxonomies import FOLDER as TAXONOMIES
from corpus.models import Project
from jury import actions as jury


def load_initial_data() -> None:
    """Store the initial data that is missing; change nothing in an up-to-date database."""
    for path in sorted(TAXONOMIES.glob("*.json")):
        corpus.load_taxonomy(path)
    jury.load_prompts()
    if not Project.objects.filter(slug="default").exists():
        corpus.create_project(slug="default", name="Default")
