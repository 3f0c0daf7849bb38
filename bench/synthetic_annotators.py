"""Create projects of any size with synthetic annotators; import it once Django is set up."""

from pathlib import Path

from django.db import connection

from annotation.actions.guidelines import store_guideline
from annotation.session import ensure_profile
from annotation.slots import open_slots_for_new_items
from bench.corpus import TRUE_SCALE, write_dialogues
from bench.sql_baseline import COLUMNS
from corpus.actions import add_member, create_project, import_dialogues
from corpus.models import Item
from corpus.queries import find_project

VETERAN = 30_000
"Votes that the veteran has already cast; at most on half of the dialogues."
INSERT_VETERAN_VOTES = """
WITH done AS (
    SELECT s.id, s.item_id, i.has_response FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id
    WHERE s.project_id = {project} AND s.number = 1 ORDER BY s.id LIMIT {votes}
), cast_vote AS (
    INSERT INTO annotation_vote (item_id, annotator_id, prompt_label, response_label, categories, other_text,
        rationale, taxonomy_id, guideline_id, is_current, cast_at)
    SELECT item_id, {annotator}, 'safe', CASE WHEN has_response THEN 'safe' END, '{{}}', '', '', {taxonomy},
        {guideline}, true, now() - interval '1 day'
    FROM done RETURNING id, item_id
)
UPDATE annotation_slot SET vote_id = cast_vote.id FROM cast_vote JOIN done USING (item_id)
WHERE annotation_slot.id = done.id
"""


def execute(statement: str) -> None:
    """Run one SQL statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def make_project_with_slots(slug: str, items: int, folder: Path) -> None:
    """Import the dialogues at true scale, copy them under other ids until there are `items`, and open their slots."""
    project = create_project(slug=slug)
    path = folder / "dialogues.jsonl"
    write_dialogues(path, times=1, count=min(items, TRUE_SCALE))
    import_dialogues(project=project, path=path, on_reject=lambda *_: None)
    for copy in range(1, -(-items // TRUE_SCALE)):
        columns = COLUMNS.replace("external_id", f"external_id || '/{copy}'")
        missing = min(TRUE_SCALE, items - copy * TRUE_SCALE)
        execute(
            f"INSERT INTO corpus_item ({COLUMNS}) SELECT {columns} FROM"
            f" (SELECT * FROM corpus_item WHERE project_id = {project.pk} ORDER BY id LIMIT {missing}) AS first"
        )
    open_slots_for_new_items(project)
    execute("VACUUM ANALYZE")


def add_annotators(slug: str, people: int, folder: Path) -> dict[str, int]:
    """
    Add a veteran and `people` others; write their tokens to `SLUG-veteran` and `SLUG-others`.

    :return: the ids of the project and of the first of the others, whose ids are consecutive
    """
    project = find_project(slug)
    members = [
        add_member(project=project, username=f"{slug}-{number}", role="annotator", with_token=True)
        for number in range(people + 1)
    ]
    annotators = [ensure_profile(project, each.user) for each in members]
    for name, chosen in (("veteran", members[:1]), ("others", members[1:])):
        (folder / f"{slug}-{name}").write_text("\n".join(each.token for each in chosen))
    ids = {"annotator": annotators[0].pk, "taxonomy": project.taxonomy_id, "guideline": store_guideline(project).pk}
    items = Item.objects.filter(project=project).count()
    execute(INSERT_VETERAN_VOTES.format(project=project.pk, votes=min(VETERAN, items // 2), **ids))
    execute("VACUUM ANALYZE")
    return {"project": project.pk, "annotator": annotators[1].pk, "user": members[1].user.pk}
