"""Projects with items, jurors, generators and runs, made by commands and actions."""

import json
import os
import socket
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from config.embedded import valkey
from config.embedded.processes import wait_until
from jury import actions, queries, tasks
from jury.models import Shard
from tests.factories import command, dialogue, import_dialogues, make_project
from workspace.actions import items_for_generator, publish_generated


def add_jurors(project, url, *models, **options):
    """Add a juror for each model, named after it."""
    for model in models:
        made = command("add_juror", model, project=project.slug, model=model, base_url=url, **options)
        assert made.code == 0, made.stderr


def project_with_items(folder, count, **options):
    """Make a project with items i000, i001, …; every third one lacks a response."""
    project = make_project(**options)
    rows = [dialogue(f"i{n:03}", response=bool(n % 3)) for n in range(count)]
    assert import_dialogues(project, folder, rows)["created"] == count
    return project


def broker_apart(number):
    """Return the environment of a command with a Redis database of its own, where no other worker listens."""
    return os.environ | {"REDIS_URL": urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()}


def counted(url):
    """Return the stub's counts of the `calls` that it answered and `refused`."""
    with urllib.request.urlopen(url.removesuffix("v1") + "calls") as reply:  # noqa: S310 - the stub
        return json.load(reply)


def run_shards(run, most=None):
    """
    Run the shards of a run as a worker would, the first ones alone with `most`.

    In a thread: browser tests leave an event loop in the main one.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        for shard in Shard.objects.filter(run=run).order_by("pk").values_list("pk", flat=True)[:most]:
            thread.submit(tasks.run_shard, shard_id=shard).result()
        thread.submit(lambda: connection.close()).result()


def add_generator(project, url, name="writer", model="mistral-stub", **options):
    """Add a generator and return it."""
    made = command("add_generator", name, project=project.slug, model=model, base_url=url, **options)
    assert made.code == 0, made.stderr
    return queries.generator_named(project, name)


def generate(project, generator, **options):
    """Generate and publish responses as the command does, without a worker; return the run and what was published."""
    items = items_for_generator(project=project, generator=generator)
    run = actions.start_generation(project=project, generator=generator, items=items, **options)
    run_shards(run)
    return run, publish_generated(project=project)


def start_broker(folder: Path, port: int):
    """Start a Valkey server without a password; return its process once it accepts connections."""
    command_line = [valkey.binary(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    broker = subprocess.Popen(command_line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: accepts_connections(port), seconds=60)
    return broker


def accepts_connections(port: int) -> bool:
    """Return whether a server listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
