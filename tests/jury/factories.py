"""Projects with items and jurors, by the commands."""

import json
import os
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from config.embedded import valkey
from jury import actions, queries, tasks
from jury.models import Shard
from tests.factories import command, dialogue, import_dialogues, make_project
from workspace import actions as adjudication_actions


def add_jurors(project, url, *models, **options):
    for model in models:
        made = command("add_juror", model, project=project.slug, model=model, base_url=url, **options)
        assert made.code == 0, made.said


def project_with_items(folder, count, **options):
    project = make_project(**options)
    rows = [dialogue(f"i{n:03}", response=bool(n % 3)) for n in range(count)]
    assert import_dialogues(project, folder, rows)["created"] == count
    return project


def broker_apart(number):
    """The environment of a command that no worker of other tests listens to."""
    return os.environ | {"REDIS_URL": urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()}


def counted(url):
    """What the stub has counted: calls that it answered, and that it refused."""
    with urllib.request.urlopen(url.removesuffix("v1") + "calls") as answer:  # noqa: S310 - the stub
        return json.load(answer)


def run_shards(run):
    """Work through the shards of a run as a worker would, aside: browser tests leave a loop in the tests' thread."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        for shard in Shard.objects.filter(run=run).order_by("pk").values_list("pk", flat=True):
            aside.submit(tasks.run_shard, shard_id=shard).result()


def add_generator(project, url, name="writer", model="mistral-stub", **options):
    made = command("add_generator", name, project=project.slug, model=model, base_url=url, **options)
    assert made.code == 0, made.said
    return queries.generator_named(project, name)


def write(project, generator, **options):
    """As the command does, with this process for a worker."""
    items = adjudication_actions.items_for_generator(project=project, generator=generator)
    run = actions.start_generation(project=project, generator=generator, items=items, **options)
    run_shards(run)
    return run, adjudication_actions.publish_generated(project=project)


def start_broker(folder: Path, port: int):
    command_line = [valkey.binary(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    return subprocess.Popen(command_line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
