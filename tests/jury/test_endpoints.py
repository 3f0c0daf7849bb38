"""Which endpoints are allowed, and who may add one."""

import asyncio
import http.server
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from config.data_dir import CHECKOUT
from corpus.errors import Refused
from jury import actions, queries
from jury.endpoints import EndpointRules, ForbiddenEndpoint, origin_of
from jury.engine.endpoint import Endpoint
from jury.engine.reply import Unavailable
from jury.models import Juror
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import command, make_project
from tests.jury.factories import add_jurors, project_with_items

HERE = "http://127.0.0.1:1/v1"


@cases(
    "host",
    [
        "127.0.0.1", "localhost", "10.0.0.7", "192.168.1.2", "172.16.0.1", "[::1]", "[fd12:3456::1]", "model",
        "models.example", "8.8.8.8", "[2606:4700::1111]", "[::ffff:127.0.0.1]", "my_model.internal",
    ],
)  # fmt: skip
def test_private_addresses_are_allowed_unless_forbidden(host):
    EndpointRules().check(f"http://{host}:8000/v1")
    is_public = host in ("models.example", "8.8.8.8", "[2606:4700::1111]", "model", "my_model.internal")
    if is_public:  # a name is checked by the address that it resolves to
        EndpointRules(public_only=True).check(f"http://{host}:8000/v1")
    else:
        with pytest.raises(ForbiddenEndpoint, match="PUBLIC_ONLY"):
            EndpointRules(public_only=True).check(f"http://{host}:8000/v1")


@cases(
    "host",
    [
        "169.254.169.254", "169.254.1.1", "[fe80::1]", "[fd00:ec2::254]", "metadata.google.internal",
        "METADATA.google.internal.",
        "[fd00:ec2::23]", "[fd00:ec2:1::9]", "[fd20:ce::254]", "[fd00:c1::a9fe:a9fe]", "[fd00:42::42]",
        "100.100.100.200", "192.0.0.192", "168.63.129.16", "0.0.0.0",  # noqa: S104 - never bound
        "0.1.2.3", "[::]", "224.0.0.1", "[ff02::1]",
        "255.255.255.255", "240.0.0.1", "[fec0::1]",
        # the same machines, carried in IPv6
        "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]", "[::ffff:0:a9fe:a9fe]", "[::ffff:0:169.254.169.254]", "[2001:4860::5efe:a9fe:a9fe]",
        "[2001:4860::200:5efe:169.254.169.254]", "[64:ff9b:1:a9fe:a9:fe00::]", "[64:ff9b:1:1:a9:fea9:fe00:0]",
        "[64:ff9b:1:a9:fe:a9fe::]", "[2002:a9fe:a9fe::1]", "[::ffff:0.0.0.0]",
        # and in spellings of the C library
        "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "0xa9.254.0251.254", "2130706433", "127.1",
        "0x7f.1", "017700000001", "0",
        # characters that some parsers normalize to digits and dots
        "\uff11\uff16\uff19.254.169.254", "169\u3002254\u3002169\u3002254", "127.0.0.1%00",
        "[fe80::1%25eth0]", "m\u00f6del.example", "-x",
    ],
)  # fmt: skip
def test_forbidden_machine_is_refused_in_every_spelling(host):
    with pytest.raises(ForbiddenEndpoint):
        EndpointRules().check(f"http://{host}/v1")


@cases(
    "address",
    [
        "ftp://x/v1", "file:///etc/passwd", "http:///v1", "//x/v1", "x/v1", "", "http://a:b@x/v1", "http://a@x/v1",
        "http://@x/v1", "http://x/v1#y", "http://x/v1#", "http://x:0/v1", "http://x:99999/v1", "http://x:y/v1",
        "http://x\\@y/v1", "http://x/\nv1", " http://x/v1", "http://[::1/v1", "http://[v1.x]/v1", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_invalid_url_is_refused_with_a_short_reason(address):
    with pytest.raises(ForbiddenEndpoint) as refusal:
        EndpointRules().check(address)
    assert len(str(refusal.value)) < 200


def test_origin_has_one_spelling_and_allowed_origins_are_exempt():
    assert origin_of("HTTPS://Models.Example./v1") == "https://models.example:443"
    assert origin_of("http://[0:0::1]/v1") == "http://[::1]:80"
    rules = EndpointRules.parse(["http://169.254.169.254"], public_only=True)
    rules.check("http://169.254.169.254:80/v1")
    with pytest.raises(ForbiddenEndpoint):
        rules.check("http://169.254.169.254:81/v1")
    with pytest.raises(Refused, match="JURY_ENDPOINTS_ALLOWED"):
        EndpointRules.parse(["models.example"], public_only=False)


def add_juror(lead, url, name):
    return lead.post(f"projects/{lead.slug}/jurors/", {"name": name, "model": "m", "base_url": url})


def test_only_admin_adds_new_endpoint(settings):
    project, other = make_project(), make_project()
    lead, admin = Program(project, "lead"), Program(project, "site-admin")
    add_jurors(other, HERE, "elsewhere")

    refused = add_juror(lead, HERE, "one")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
    assert "only a site admin" in refused.json()["error"]["message"]
    assert not Juror.objects.filter(project=project).exists()
    assert add_juror(admin, HERE, "one").status_code == 201
    assert add_juror(lead, "http://127.0.0.1:1/another/v1", "two").status_code == 201
    for url in ("http://127.0.0.1:2/v1", "https://127.0.0.1:1/v1", "http://localhost:1/v1"):
        assert add_juror(lead, url, "three").status_code == 403
    settings.JURY_ENDPOINTS_ALLOWED = ["http://127.0.0.1:2"]
    assert add_juror(lead, "http://127.0.0.1:2/v1", "three").status_code == 201
    settings.JURY_ENDPOINTS_PUBLIC_ONLY = True
    assert add_juror(admin, "http://127.0.0.1:1/v1", "four").status_code == 409


def test_the_pages_say_so_beside_what_was_typed():
    lead = Visitor(make_project(), "lead")
    same = {"model": "m", "base_url": HERE, "temperature": "0", "max_tokens": "9", "max_tokens_parameter": "max_tokens",
            "timeout_seconds": "60",
            "concurrency": "1", "price_in": "0", "price_out": "0", "transport": "live"}  # fmt: skip
    asks = {"asks": ["prompt_label"], "response_format": "text", "prompt": "full-policy-v2"}
    for page, more in (("jurors", asks), ("generators", {"prompt": "respond-v1"})):
        refused = lead.post(f"jury/{page}/", name="x", **same, **more)
        assert (refused.status_code, "only a site admin" in refused.content.decode()) == (409, True)
    assert not Juror.objects.filter(project=lead.project).exists()


@cases("name", ["SECRET_KEY", "DATABASE_PASSWORD", "METRICS_TOKEN", "SECRET_KEY_FILE"])
def test_secret_of_the_installation_is_refused_as_key(name):
    project = make_project()
    add_jurors(project, HERE, "one")
    made = command("add_juror", "x", project=project.slug, model="m", base_url=HERE, api_key_env=name)
    changed = command("change_juror", "one", project=project.slug, api_key_env=name)
    assert (made.code, changed.code) == (2, 2)
    assert "goes to no endpoint" in made.stderr


class Redirecting(http.server.BaseHTTPRequestHandler):
    seen: list[str] = []
    body = b""

    def do_POST(self):
        self.seen.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(307)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words):
        pass


@contextmanager
def redirecting():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Redirecting.seen.clear()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply_from(url, rules):
    async def ask():
        async with Endpoint(url, "", seconds=5, rules=rules) as endpoint:
            return await endpoint.ask(model="m", messages=[])

    with ThreadPoolExecutor(max_workers=1) as aside:  # browser tests leave an event loop in the main thread
        return aside.submit(lambda: asyncio.run(ask())).result()


def test_redirect_is_not_followed():
    with redirecting() as port, pytest.raises(Unavailable, match="answered 307"):
        reply_from(f"http://127.0.0.1:{port}/v1", EndpointRules())
    assert Redirecting.seen == ["/v1/chat/completions"]


def test_name_is_checked_by_its_address_when_connecting():
    """A harmless name resolves to this machine, which the operator has forbidden."""
    name = next(filter(resolves_to_this_machine, ("ip6-localhost", "ip6-loopback", socket.gethostname())), None)
    if name is None:
        pytest.skip("this machine has no second name for itself")
    with redirecting() as port:
        with pytest.raises(Unavailable, match="no question goes there"):
            reply_from(f"http://{name}:{port}/v1", EndpointRules(public_only=True))
        allowed = EndpointRules.parse([f"http://{name}:{port}"], public_only=True)
        with pytest.raises(Unavailable, match=r"answered 307|cannot be reached") as reached:
            reply_from(f"http://{name}:{port}/v1", allowed)
    assert "no question" not in str(reached.value)


def test_name_that_resolves_to_another_address_by_the_time_of_the_call_is_refused(monkeypatch):
    """As in DNS rebinding: it was this machine when it was looked at, and is a metadata service now."""
    asked, resolve = [], socket.getaddrinfo

    def rebound(host, port, *options, **more):
        if host != "rebound.example":
            return resolve(host, port, *options, **more)
        asked.append(host)
        return resolve("127.0.0.1" if len(asked) == 1 else "169.254.169.254", port, *options, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with redirecting() as port:
        url = f"http://rebound.example:{port}/v1"
        with pytest.raises(Unavailable, match="answered 307"):
            reply_from(url, EndpointRules())
        with pytest.raises(Unavailable, match=r"169\.254\.169\.254 is link-local, .* no question goes there"):
            reply_from(url, EndpointRules())
    assert len(asked) == 2


def resolves_to_this_machine(name):
    try:
        socket.getaddrinfo(name, 80)
    except OSError:
        return False
    return True


def test_older_juror_is_refused_where_rules_forbid_it_now(tmp_path, settings):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, HERE, "one")
    settings.JURY_ENDPOINTS_PUBLIC_ONLY = True
    with pytest.raises(Refused, match="PUBLIC_ONLY"):
        actions.start_run(project=project, jurors=queries.panel(project))
    trial = command("try_juror", "one", project=project.slug)
    assert (trial.code, "PUBLIC_ONLY" in trial.stderr) == (2, True)


def test_sdk_is_loaded_only_for_requests():
    loads = """
import django, sys; django.setup()
import config.urls, config.initial_data
from types import SimpleNamespace
from config.celery import app, load_before_forking
for queue in ("celery", "jury"):
    app.amqp.queues.select([queue])
    load_before_forking(sender=SimpleNamespace(app=app))
    print(queue, "openai" in sys.modules)
"""
    loaded = subprocess.run([sys.executable, "-c", loads], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (loaded.returncode, loaded.stdout) == (0, "celery False\njury True\n"), loaded.stderr
