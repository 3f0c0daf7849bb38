"""The commands that docker-compose.yml and the Dockerfile give, started for real: two web, two workers, a schedule."""

import json
import os
import re
import secrets
import subprocess
import sys
import urllib.parse

import pytest

from config.data_dir import CHECKOUT
from config.embedded.processes import command_line, wait_until
from corpus.workers import worker_is_running
from jury.models import Run
from tests.config.serving import Started, call, comes_up
from tests.config.test_compose import SERVICES
from tests.factories import command, dialogue, make_project
from tests.jury.factories import add_jurors
from tests.ports import unused_port
from workspace.models import Job

pytestmark = pytest.mark.slow
DATA_DIR = "/home/assize"
WORKERS = ("worker", "jury")


def web_command(port):
    command = re.search(r"^CMD (\[.*\])$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    return [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in json.loads(command[1])]


def service_environment(folder):
    """Return the environment of the services, with the server addresses of the tests."""
    environment = SERVICES["web"]["environment"]
    sound = {"SECRET_KEY": secrets.token_urlsafe(48), "PUBLIC_URL": "https://localhost", "ALLOWED_HOSTS": "localhost"}
    kept = {name: environment[name] for name in ("ASSIZE_PRODUCTION", "ASSIZE_LOG_FORMAT", "TRUSTED_PROXY_COUNT")}
    more = {"ASSIZE_LOG_LEVEL": "INFO", "METRICS_TOKEN": secrets.token_urlsafe(16), "TMPDIR": str(folder)}
    return kept | sound | more


def worker_is_healthy(heartbeat):
    """Return what the health check of the workers finds, if the heartbeats go to this file."""
    _shell, command = SERVICES["worker"]["healthcheck"]["test"]
    command = command.replace(SERVICES["worker"]["environment"]["WORKER_HEARTBEAT_PATH"], heartbeat)
    return subprocess.run(["sh", "-c", command], capture_output=True, timeout=20, check=False).returncode == 0


def heartbeat_of(folder, name):
    """Return the path of the heartbeat of a service: one each, as each has a container of its own in Compose."""
    return str(folder / f"heartbeat-{name}")


def start_all(ours, folder, ports):
    ours.start("web-1", web_command(ports[0]))
    ours.start("web-2", web_command(ports[1]))
    commands = {name: [*SERVICES[name]["command"], "--hostname", f"of-compose-{name}@%h"] for name in WORKERS}
    commands["beat"] = [word.replace(DATA_DIR, str(folder)) for word in SERVICES["beat"]["command"]]
    for name, line in commands.items():
        ours.start(name, line, WORKER_HEARTBEAT_PATH=heartbeat_of(folder, name))


def as_proxied(port, path, **more):
    """As the proxy passes a request on, which has come to it by TLS."""
    forwarded = {"Host": "localhost", "X_Forwarded_For": "10.1.2.3", "X_Forwarded_Proto": "https"}
    return call(f"http://127.0.0.1:{port}{path}", **{**forwarded, **more})


def test_compose_commands_serve_import_and_judge(tmp_path, stub_url):
    project = make_project()
    token = command("create_user", f"of-{project.slug}", "--role", "admin", "--token", project=project.slug)["token"]
    add_jurors(project, stub_url, "stub-0.9")
    api, ports = f"/api/v1/projects/{project.slug}", (unused_port(), unused_port())
    environment, heartbeats = service_environment(tmp_path), [heartbeat_of(tmp_path, name) for name in WORKERS]
    prepared = subprocess.run(
        [sys.executable, *SERVICES["prepare"]["command"][1:]], cwd=CHECKOUT, env={**os.environ, **environment},
        timeout=180, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(prepared.stdout.splitlines()[-1])["projects"] >= 1
    assert not any(map(worker_is_healthy, heartbeats))
    with Started(tmp_path, **environment) as ours:
        start_all(ours, tmp_path, ports)
        assert all(comes_up(port) for port in ports)
        page, _, head = as_proxied(ports[0], "/sign-in/")
        hidden = as_proxied(ports[1], "/metrics")[0]
        shown = call(f"http://127.0.0.1:{ports[1]}/metrics", Authorization=f"Bearer {environment['METRICS_TOKEN']}")
        rows = "".join(json.dumps(dialogue(f"d{n}")) + "\n" for n in range(30)).encode()
        where = f"{api}/items/import/?{urllib.parse.urlencode({'name': 'a.jsonl'})}"
        sent = as_proxied(ports[0], where, token=token, body=rows, Content_Type="text/plain")[0]
        imported = wait_until(lambda: not Job.objects.filter(project=project, state__in=Job.OPEN).exists(), seconds=180)
        assert wait_until(worker_is_running, seconds=60)
        assert wait_until(lambda: all(map(worker_is_healthy, heartbeats)), seconds=60)
        convened = as_proxied(ports[1], f"{api}/jury-runs/", token=token, body={})[0]
        finished = wait_until(lambda: Run.objects.get(project=project).state == Run.State.FINISHED, seconds=180)
        listed = as_proxied(ports[0], f"{api}/items/", token=token)
        ready = as_proxied(ports[0], "/readyz")[1]
        pids = {name: process.pid for name, process in ours.running.items()}
    for path in heartbeats:
        os.utime(path, (0, 0))
    assert not any(map(worker_is_healthy, heartbeats))

    assert (page, hidden, shown[0], sent, imported, convened, finished) == (200, 404, 200, 202, True, 202, True)
    assert (ready["workers"], ready["schedule"]) == ("ok", "ok"), ready
    assert "max-age=31536000" in head["Strict-Transport-Security"]
    assert "Secure" in head["Set-Cookie"]
    assert "HttpOnly" in head["Set-Cookie"]
    assert len(listed[1]["results"]) == 30
    assert ours.codes() == dict.fromkeys(("web-1", "web-2", "worker", "jury", "beat"), 0)
    assert not [name for name, pid in pids.items() if command_line(pid)]
    assert not [name for name in pids if "Traceback" in ours.log(name)]
    assert {"web-1", "web-2"} == {name for name in pids if "assize.access" in ours.log(name)}
