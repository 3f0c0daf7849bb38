"""What the Helm chart promises, as helm renders it; Kubernetes' own schemas judge the objects."""

import json
import os
import re
import secrets
import subprocess
import sys

import yaml
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from bench import forks
from config.data_dir import CHECKOUT
from tests.cases import cases
from tests.config.charts import CHART, LEAST, PYTHON, SETS, container, environment, helm, need_helm, pods, rendered
from tests.config.test_compose import SERVICES

need_helm()

COMPONENTS = {"web", "worker", "jury", "beat", "prepare"}
VERSIONS = ("1.27", "1.37")
"The oldest that the chart allows, and the newest whose schemas are there."
WITHOUT_SCHEMA = {"ScaledObject", "TriggerAuthentication"}
JUDGE = """
import functools, json, sys
from kubernetes_validate import utils, validate
utils.schema_contents = functools.cache(utils.schema_contents)  # it reads megabytes for each object
objects = json.load(sys.stdin)
for version in sys.argv[1:]:
    for each in objects:
        try:
            validate(each, version, strict=True)
        except Exception as error:
            print(version, each["kind"], each["metadata"]["name"], error.message)
"""


def judged(objects):
    """Return what the schemas of Kubernetes say against objects."""
    done = subprocess.run([PYTHON, "-c", JUDGE, *VERSIONS], input=json.dumps(objects), capture_output=True, text=True,
                          timeout=120, check=True)  # fmt: skip
    return done.stdout.splitlines()


def test_five_sets_of_values_render_objects_that_kubernetes_takes():
    assert len(SETS) >= 5
    objects = [each for values in SETS.values() for each in rendered(values).values()]
    assert {each["kind"] for each in objects} >= WITHOUT_SCHEMA
    assert judged([each for each in objects if each["kind"] not in WITHOUT_SCHEMA]) == []
    for values in SETS.values():
        assert "0 chart(s) failed" in helm("lint", CHART, "--strict", "--values", values).stdout


def test_schemas_find_a_wrong_object():
    deployment = json.loads(json.dumps(rendered()["Deployment", "assize-web"]))
    deployment["spec"]["replica"] = 2
    assert len(judged([deployment])) == len(VERSIONS)


@cases("values", SETS.values())
def test_pods_may_do_nothing_they_need_not(values):
    objects = rendered(values)
    assert set(pods(objects)) == COMPONENTS
    for component, pod in pods(objects).items():
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        inside = container(objects, component)["securityContext"]
        assert (inside["readOnlyRootFilesystem"], inside["allowPrivilegeEscalation"]) == (True, False)
        assert inside["capabilities"] == {"drop": ["ALL"]}
        assert not [kind for kind, _name in objects if kind in ("Secret", "Role", "ClusterRole", "ServiceAccount")]


@cases("values", SETS.values())
def test_no_password_is_in_a_variable_and_every_file_of_one_is_mounted(values):
    objects = rendered(values)
    example = (CHECKOUT / ".env.example").read_text()
    for component, pod in pods(objects).items():
        variables = environment(objects, component)
        mounted = {
            item["path"] for volume in pod["volumes"] if "secret" in volume for item in volume["secret"]["items"]
        }
        read = {value for name, value in variables.items() if name.endswith("_FILE")}
        assert read == {f"/etc/assize/{path}" for path in mounted}
        assert not [name for name in variables if re.search("PASSWORD$|SECRET$|TOKEN$|SECRET_KEY$", name)] or (
            variables["REDIS_WITHOUT_PASSWORD"] == "1"
        )
        known = {"DATABASE_CA_FILE"}  # which addresses name, and no setting
        unknown = [name for name in variables if name not in known and name.removesuffix("_FILE") not in example]
        assert unknown == []


@cases("values", [SETS["fenced"], SETS["ingress"]])
def test_rendered_settings_are_strong_enough_for_production(values, tmp_path):
    keys = tmp_path / values.stem
    keys.mkdir()
    variables = {name: value.replace("/etc/assize", str(keys)) for name, value in environment(rendered(values)).items()}
    for name, file in variables.items():
        if name.endswith("_FILE"):
            (keys / file.rsplit("/")[-1]).write_text(secrets.token_urlsafe(48))
    variables |= {"PATH": os.environ["PATH"], "ASSIZE_HOME": str(keys)}
    checked = forks.run([sys.executable, "manage.py", "check", "--deploy"], variables)
    assert checked.returncode == 0, checked.stderr


def test_processes_are_started_as_in_compose():
    objects = rendered()
    for name in ("worker", "jury"):
        ours = " ".join(container(objects, name)["command"]).replace("=", " ")
        assert ours == " ".join(SERVICES[name]["command"])
    queues = re.findall(r"--queues=(\S+)", yaml.dump(list(pods(objects).values())))
    assert sorted(",".join(queues).split(",")) == sorted(settings.CELERY_TASK_QUEUES)
    assert container(objects, "prepare")["command"] == SERVICES["prepare"]["command"]
    dockerfile = re.search(r"^CMD (\[.*\])$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)[1]
    assert " ".join(container(objects, "web")["command"]).replace("=", " ") == " ".join(json.loads(dockerfile))


def test_pages_listen_by_ipv6_where_pods_have_it():
    assert "--bind=[::]:8000" in container(rendered(SETS["fenced"]), "web")["command"]


def test_one_schedule_and_a_migration_that_needs_nothing_of_the_chart():
    for values in SETS.values():
        objects = rendered(values)
        beat = objects["Deployment", "assize-beat"]["spec"]
        assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})
        job = objects["Job", "assize-prepare"]
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert not [volume for volume in pods(objects)["prepare"]["volumes"] if "persistentVolumeClaim" in volume]
    assert environment(rendered(SETS["fenced"]), "prepare")["MIGRATION_LOCK_SECONDS"] == "5"


def test_whole_numbers_stay_whole():
    variables = environment(rendered(SETS["ingress"]))
    assert variables["UPLOAD_BYTES"] == "2147483648"
    assert variables["LOCAL_SIGN_IN"] == "false"
    assert json.loads(variables["OIDC_ROLES"]) == {"safety-leads": ["default:lead"]}


def test_autoscaler_reads_the_lengths_of_queues_that_metrics_tell():
    objects = rendered(SETS["scaled"])
    told = {
        f'{sample.name}{{queue="{sample.labels["queue"]}"}}'
        for family in text_string_to_metric_families(Client().get("/metrics").content.decode())
        for sample in family.samples
        if "queue" in sample.labels
    }
    scaled = {name: each["spec"] for (kind, name), each in objects.items() if kind == "ScaledObject"}
    assert {name: each["scaleTargetRef"]["name"] for name, each in scaled.items()} == {name: name for name in scaled}
    triggers = [trigger for each in scaled.values() for trigger in each["triggers"]]
    assert {trigger["metadata"]["valueLocation"] for trigger in triggers} == told
    assert {trigger["metadata"]["url"] for trigger in triggers} == {"http://assize-web.labelling.svc:8000/metrics"}
    for name in ("web", "worker", "jury"):
        assert "replicas" not in objects["Deployment", f"assize-{name}"]["spec"]


def test_selectors_find_the_pods_they_mean():
    objects = rendered(SETS["scaled"])
    templates = {each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
                 for (kind, _), each in objects.items() if kind == "Deployment"}  # fmt: skip

    def found(selector):
        return {name for name, labels in templates.items() if selector.items() <= labels.items()}

    for (kind, name), each in objects.items():
        if kind in ("Deployment", "PodDisruptionBudget"):
            assert found(each["spec"]["selector"]["matchLabels"]) == {name}
        if kind == "Service":
            assert found(each["spec"]["selector"]) == {name}
    assert found(objects["NetworkPolicy", "assize-all"]["spec"]["podSelector"]["matchLabels"]) == set(templates)
    assert set(templates) == {f"assize-{name}" for name in COMPONENTS - {"prepare"}}


def test_network_lets_databases_and_named_ways_through_and_nothing_else():
    open_to = rendered(SETS["fenced"])
    basic = open_to["NetworkPolicy", "assize-all"]["spec"]
    assert basic["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in basic
    assert [port["port"] for port in basic["egress"][1]["ports"]] == [5432, 6379]
    assert basic["egress"][1]["to"] == [{"ipBlock": {"cidr": "10.0.0.0/29"}}]
    (models,) = open_to["NetworkPolicy", "assize-outside"]["spec"]["egress"]
    assert models["ports"] == [{"port": 8000, "protocol": "TCP"}]
    anywhere = rendered()["NetworkPolicy", "assize-outside"]["spec"]["egress"][0]
    assert anywhere["to"] == [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
        {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10", "fd00:ec2::254/128", "64:ff9b::a9fe:0/112"]}},
    ]
    pooled = rendered(SETS["ingress"])["NetworkPolicy", "assize-all"]["spec"]["egress"][1]["ports"]
    assert [port["port"] for port in pooled] == [6432, 6380]
    beside = rendered(SETS["scaled"])["NetworkPolicy", "assize-all"]["spec"]["egress"][1]["ports"]
    assert [port["port"] for port in beside] == [5432, 6379, 6432, 5433]
    assert not [kind for kind, _name in rendered(SETS["open"]) if kind == "NetworkPolicy"]


def test_migration_has_its_ways_before_the_rest_is_there():
    for values in (SETS["least"], SETS["fenced"]):
        objects = rendered(values)
        policy, job = objects["NetworkPolicy", "assize-prepare"], objects["Job", "assize-prepare"]
        hooks = [each["metadata"]["annotations"] for each in (policy, job)]
        assert [each["helm.sh/hook"] for each in hooks] == ["pre-install,pre-upgrade"] * 2
        assert int(hooks[0]["helm.sh/hook-weight"]) < 0
        assert policy["spec"]["egress"] == objects["NetworkPolicy", "assize-all"]["spec"]["egress"]
        labels = job["spec"]["template"]["metadata"]["labels"]
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


def test_most_pods_are_never_fewer_than_the_least():
    many = ("--set", "web.replicas=20", "--set", "worker.replicas=8")
    objects = rendered(SETS["scaled"], *many)
    web, worker = objects["HorizontalPodAutoscaler", "assize-web"], objects["ScaledObject", "assize-worker"]
    assert (web["spec"]["minReplicas"], web["spec"]["maxReplicas"]) == (20, 20)
    assert (worker["spec"]["minReplicaCount"], worker["spec"]["maxReplicaCount"]) == (8, 8)


def test_certificates_of_an_own_authority_are_mounted_where_addresses_name_them():
    variables = environment(rendered(SETS["fenced"]))
    assert variables["DATABASE_URL"].endswith("&sslrootcert=/etc/assize/ca")
    assert variables["REDIS_URL"].endswith("?ssl_ca_certs=/etc/assize/ca")
    assert variables["DATABASE_CA_FILE"] == "/etc/assize/ca"


@cases("name", ["2025", "my.team", "1st"])
def test_release_name_that_is_no_name_of_a_service_is_refused(name):
    refused = helm("template", name, CHART, "--values", LEAST, check=False)
    assert (refused.returncode, f"The release name {name} would be no name" in refused.stderr) == (1, True)


def test_names_that_look_like_numbers_stay_names():
    names = ("secret", "jurorKeys", "pods.priorityClass", "files.storageClass", "secretFiles.METRICS_TOKEN",
             "ingress.className", "ingress.tlsSecret")  # fmt: skip
    switches = ("--set", "jury.autoscaling.enabled=true", "--set", "ingress.enabled=true")
    for more in ((), ("files.existingClaim",)):
        objects = rendered(LEAST, *switches, *(f"--set-string={name}=789" for name in (*names, *more)))
        assert judged([each for each in objects.values() if each["kind"] not in WITHOUT_SCHEMA]) == []
        assert pods(objects)["web"]["priorityClassName"] == "789"
        (key,) = objects["TriggerAuthentication", "assize-metrics"]["spec"]["secretTargetRef"]
        assert (key["name"], key["key"]) == ("789", "789")


def test_settings_may_be_empty_and_exports_be_none(tmp_path):
    empty = tmp_path / "values.yaml"
    empty.write_text("settings:\n")
    assert environment(rendered(LEAST, "--values", str(empty))) == environment(rendered())
    assert environment(rendered(LEAST, "--set", "settings.EXPORTS_AT_ONCE=0,web.threads=1"))["EXPORTS_AT_ONCE"] == "0"


def test_exceptions_of_one_version_of_ip_leave_the_other_whole():
    policy = rendered(LEAST, "--set", "networkPolicy.except={10.0.0.0/8}")["NetworkPolicy", "assize-outside"]
    assert policy["spec"]["egress"][0]["to"] == [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}},
        {"ipBlock": {"cidr": "::/0"}},
    ]
    assert judged([policy]) == []


def test_replica_is_a_value_of_its_own():
    variables = environment(rendered(SETS["scaled"]), "worker")
    assert variables["DATABASE_REPLICA_URL"] == "postgresql://assize@replica.example.org:5433/assize"
    assert "DATABASE_REPLICA_URL" not in environment(rendered())


@cases(
    "option, complaint",
    [
        ("settings.EMAIL_HOST_PASSWORD=x", "EMAIL_HOST_PASSWORD"),
        ("settings.JUROR_KEY_LARGE=x", "JUROR_KEY_LARGE"),
        ("settings.DATABASE_URL=x", "DATABASE_URL"),
        ("settings.STORAGE_KEY=id:key", "STORAGE_KEY"),
        ("settings.DATABASE_REPLICA_URL=postgresql://assize@host/assize", "DATABASE_REPLICA_URL"),
        ("settings.EXAMPLE_ADDRESS=https://name:password@host", "/settings/EXAMPLE_ADDRESS"),
        ("database.replicaUrl=postgresql://assize:password@host/assize", "/database/replicaUrl"),
        ("database.url=postgresql://assize:password@host/assize", "/database/url"),
        ("database.url=postgresql://assize@host/assize?sslmode=require&password=x", "/database/url"),
        ("database.url=postgresql://assize@host/assize/other", "/database/url"),
        ("redis.url=rediss://host/0?password=x", "/redis/url"),
        ("redis.url=rediss://host/0?socket_timeout=5", "/redis/url"),  # which workers cannot take
        ("files.shared=false", "needs a bucket"),
        ("web.threads=2", "more than EXPORTS_AT_ONCE (2)"),
        ("redis.url=redis://:password@host/0", "/redis/url"),
        ("host=https://assize.example.org", "/host"),
        ("publicUrl=http://assize.example.org", "/publicUrl"),
        ("web.replica=3", "replica"),
        ("web.replicas=0", "/web/replicas"),
        ("web.address=localhost", "/web/address"),
        ("worker.autoscaling.maximum=3", "maximum"),
        ("image.digest=sha256:12", "/image/digest"),
        ("trustedProxies=0", "/trustedProxies"),
        ("files.size=big", "/files/size"),
        ("networkPolicy.except={metadata.internal}", "/networkPolicy/except"),
    ],
)
def test_wrong_values_are_refused(option, complaint):
    refused = helm("template", "assize", CHART, "--values", LEAST, "--set", option, check=False)
    assert refused.returncode == 1
    assert complaint in refused.stderr


def test_chart_has_the_version_of_the_software():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert f'version = "{chart["appVersion"]}"' in (CHECKOUT / "pyproject.toml").read_text()
