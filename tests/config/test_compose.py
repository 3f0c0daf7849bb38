"""What docker-compose.yml promises, read from the file; the test beside it starts its commands."""

import os
import re
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import yaml
from django.conf import settings
from django.urls import resolve, reverse

from config.data_dir import CHECKOUT
from config.schedule import schedule
from guards.actions import hash_lists
from tests.cases import cases
from tests.config.test_repository import tracked

COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("prepare", "web", "worker", "jury", "beat")


def test_only_proxy_publishes_ports():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert "inside" not in SERVICES["proxy"]["networks"]
    assert SERVICES["postgres"]["networks"] == SERVICES["valkey"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"]


def test_proxy_lets_through_what_is_uploaded():
    """Its limits named a path that was another by then."""
    caddyfile = (CHECKOUT / "deploy" / "Caddyfile").read_text()
    limits = dict(re.findall(r"request_body @(\w+) \{\s+max_size (.+?)\s+\}", caddyfile))
    paths = {name: found.split() for name, found in re.findall(r"@(\w+) (?:not )?path (.+)", caddyfile)}
    pages = [reverse(name, args=["garden"]) for name in ("workspace:upload", "guards:add-hash-list")]
    of_uploads, of_hashes = (
        [f"/api/v1/projects/garden/{rest}", page]
        for rest, page in zip(("items/import/", "guards/hash-lists/"), pages, strict=True)
    )
    assert [path.replace("*", "garden") for path in paths["uploads"]] == of_uploads
    assert [path.replace("*", "garden") for path in paths["hashes"]] == of_hashes
    assert paths["others"] == paths["uploads"] + paths["hashes"]
    assert limits == {"uploads": "{$UPLOAD_LIMIT:1100MB}", "hashes": "70MB", "others": "5MB"}
    assert int(limits["hashes"].removesuffix("MB")) * 10**6 > hash_lists.MOST_BYTES
    for path in (*of_uploads, *of_hashes):
        resolve(path)


def interpolated(**variables):
    """Return docker-compose.yml as Compose reads it."""
    command = [Path(sys.executable).with_name("docker-compose"), "--file", CHECKOUT / "docker-compose.yml"]
    variables["PATH"] = os.environ["PATH"]
    done = subprocess.run([*command, "--env-file", "/dev/null", "config"], env=variables, capture_output=True,
                          text=True, timeout=30, check=True)  # fmt: skip
    return yaml.safe_load(done.stdout)["services"]


def test_replica_and_the_libraries_for_a_bucket_are_there_where_they_are_asked_for():
    without, replica = interpolated(), "postgresql://assize@replica.example:5432/assize"
    named = interpolated(WITH_S3="1", DATABASE_REPLICA_URL=replica)
    for name in OURS:
        assert without[name]["build"]["args"]["WITH_S3"] == without[name]["environment"]["DATABASE_REPLICA_URL"] == ""
        assert named[name]["build"]["args"]["WITH_S3"] == "1"
        assert named[name]["environment"]["DATABASE_REPLICA_URL"] == replica


@cases("name", OURS)
def test_services_require_production_settings_and_read_only_files(name):
    service = SERVICES[name]
    assert service["environment"]["ASSIZE_PRODUCTION"] == "1"
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "USER 10001" in (CHECKOUT / "Dockerfile").read_text()


def test_logs_are_rotated_and_postgresql_has_memory_to_share():
    assert [
        name for name, service in SERVICES.items() if service["logging"] != {"driver": "${LOG_DRIVER:-local}"}
    ] == []
    assert SERVICES["postgres"]["shm_size"] == "512mb"


def test_each_queue_has_a_worker_of_its_own_and_tasks_expire_before_the_next():
    queues = [
        queue
        for name in OURS
        for option, word in pairwise(SERVICES[name].get("command", []))
        if option == "--queues"
        for queue in word.split(",")
    ]
    assert sorted(queues) == sorted(settings.CELERY_TASK_QUEUES)
    for entries in (settings.CELERY_BEAT_SCHEDULE, schedule(1)):
        late = [name for name, each in entries.items() if each["options"]["expires"] >= each["schedule"].seconds]
        assert late == []


def test_compose_file_has_no_password(tmp_path):
    for name in OURS:
        environment = SERVICES[name]["environment"]
        assert not [key for key in environment if key.endswith(("PASSWORD", "SECRET_KEY", "TOKEN"))]
        assert {environment[key].rsplit("/")[-1] for key in environment if key.endswith("_FILE")} == set(
            SERVICES[name]["secrets"]
        )
    script = tmp_path / "deploy" / "make-secrets"
    script.parent.mkdir()
    script.write_bytes((CHECKOUT / "deploy" / "make-secrets").read_bytes())

    made = [read_secrets(script) for _twice in range(2)]

    assert set(made[0]) == {path["file"].rsplit("/")[-1] for path in COMPOSE["secrets"].values()}
    assert made[0] == made[1]
    assert len(set(made[0].values())) == 4
    assert min(len(secret) for secret in made[0].values()) == 64
    assert stat.S_IMODE((script.parent / "secrets").stat().st_mode) == 0o700


def read_secrets(script):
    subprocess.run(["sh", script], check=True, timeout=20, capture_output=True, env={"PATH": os.environ["PATH"]})
    return {path.name: path.read_text() for path in (script.parent / "secrets").iterdir()}


def test_secrets_are_not_tracked():
    assert not [path for path in tracked() if "secrets/" in str(path.relative_to(CHECKOUT))]
