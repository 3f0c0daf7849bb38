from pathlib import Path

import orjson
from django.db import transaction

from corpus.models import Category, Taxonomy

FOLDER = Path(__file__).resolve().parent.parent / "taxonomies"


@transaction.atomic
def load_taxonomy(path: Path) -> Taxonomy:
    """Store a taxonomy file, unless that version is stored: a version in use never changes."""
    content = orjson.loads(path.read_bytes())
    taxonomy, is_new = Taxonomy.objects.get_or_create(
        name=content["name"],
        version=content["version"],
        defaults={"title": content["title"], "about": content["about"]},
    )
    if is_new:
        Category.objects.bulk_create(
            Category(taxonomy=taxonomy, position=position, **category)
            for position, category in enumerate(content["categories"], start=1)
        )
    return taxonomy
