"""Every line of the chart's README that says what to type or what is made, tried on the rendering."""

import re
import shlex

import yaml

from tests.cases import cases
from tests.config.charts import CHART, SETS, container, environment, helm, need_helm, pods, rendered

need_helm()

README = (CHART / "README.md").read_text()

SWITCHES = {
    "`files.shared` without `files.existingClaim`": "files.shared=true",
    "`networkPolicy.enabled`": "networkPolicy.enabled=true",
    "`networkPolicy.enabled`; while the Job runs": "networkPolicy.enabled=true",
    "`ingress.enabled`": "ingress.enabled=true",
    "`web.autoscaling.enabled`": "web.autoscaling.enabled=true",
    "`worker.autoscaling.enabled`": "worker.autoscaling.enabled=true",
    "`jury.autoscaling.enabled`": "jury.autoscaling.enabled=true",
    "either of these": "jury.autoscaling.enabled=true",
}


def seconds_in(words):
    """Return the seconds of `35m`."""
    return 60 * int(re.search(r"--timeout (\d+)m ", words)[1])


def table(heading):
    """Return the rows of the table whose first column has a heading, as lists of cells."""
    rows = README.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def leaves(values, path=""):
    """Yield each value with its path; those of resources as one."""
    for name, value in values.items():
        if isinstance(value, dict) and value and name != "resources":
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def test_every_value_is_listed_with_its_default():
    shown = {name.strip("`"): default for name, default, _ in table("value")}
    actual = dict(leaves(yaml.safe_load((CHART / "values.yaml").read_text())))

    assert list(shown) == list(actual)
    for name, default in shown.items():
        if name.endswith("resources"):
            assert default == "see `values.yaml`"
        elif default == "none":
            assert actual[name] == "", name
        else:
            assert yaml.safe_load(default.strip("`")) == actual[name], name


@cases("kind, name, when", table("object"))
def test_objects_are_made_when_it_says(kind, name, when):
    key, option = (kind, name.strip("`")), SWITCHES.get(when)
    bare = rendered(SETS["open"])
    assert (key in bare) == (option is None)
    if option:
        assert key in rendered(SETS["open"], "--set", option)
    if "existingClaim" in when:
        assert key not in rendered(SETS["ingress"])


def test_nothing_is_made_that_is_not_listed():
    listed = {(kind, name.strip("`")) for kind, name, _ in table("object")}
    assert {key for values in SETS.values() for key in rendered(values)} == listed


def test_commands_render_the_shown_values(tmp_path):
    values = tmp_path / "my-values.yaml"
    values.write_text(blocks("yaml")[0])
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("helm ")]
    assert [command.split()[1] for command in commands] == ["install", "upgrade"]
    longest = rendered()["Job", "assize-prepare"]["spec"]["activeDeadlineSeconds"]
    assert [seconds_in(command) > longest for command in commands] == [True, True]
    images = []
    for command in commands:
        _helm, _verb, *words = shlex.split(command)
        words = [{"deploy/chart": CHART, "my-values.yaml": values}.get(word, word) for word in words]
        (web,) = [each for each in yaml.safe_load_all(helm("template", *words).stdout)
                  if each and (each["kind"], each["metadata"]["name"]) == ("Deployment", "assize-web")]  # fmt: skip
        images.append(web["spec"]["template"]["spec"]["containers"][0]["image"])
    assert images == ["images.example.org/assize:0.1.0", "images.example.org/assize:0.2.0"]
    assert "docker build --tag images.example.org/assize:0.1.0 ." in README


def test_shown_bucket_is_taken(tmp_path):
    bucket = tmp_path / "bucket.yaml"
    bucket.write_text(blocks("yaml")[1])
    variables = environment(rendered(SETS["least"], "--values", bucket))
    assert variables["STORAGE_KEY_FILE"] == "/etc/assize/storage_key"
    assert variables["STORAGE_BUCKET"] == "labels"


def test_shown_secret_has_every_key_that_is_mounted():
    (command,) = [line for block in blocks("sh") for line in block.splitlines() if "create secret" in line]
    (volume,) = [each["secret"] for each in pods(rendered())["web"]["volumes"] if "secret" in each]
    assert {item["key"] for item in volume["items"]} == set(re.findall(r"--from-file=(\w+)", command))
    assert f"generic {volume['secretName']} " in command


def test_first_admin_is_made_by_the_shown_command():
    notes = helm("install", "assize", CHART, "--namespace", "labelling", "--values", SETS["least"], "--dry-run=client")
    (command,) = re.findall(r"`(kubectl [^`]+create_user[^`]+)`", README)
    assert command in notes.stdout
    assert ("Deployment", "assize-web") in rendered()


def seconds_of(probe):
    """Return the age of a heartbeat that a probe allows."""
    return int(re.search(r"(\d+) seconds ago", probe["exec"]["command"][2])[1])


def test_probes_are_as_shown():
    shown = {row[0]: row[1:] for row in table("pod")}
    web = container(rendered(), "web")
    paths = [web[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert shown["`web`"][:3] == [f"`{paths[0]}`", f"`{paths[1]}`", f"`{paths[2]}`, for 2 minutes"]
    assert web["livenessProbe"]["periodSeconds"] * web["livenessProbe"]["failureThreshold"] == 120
    workers = "`worker`, `jury`"
    for name, key in {"web": "`web`", "worker": workers, "jury": workers, "beat": "`beat`"}.items():
        assert shown[key][3].startswith(f"{pods(rendered())[name]['terminationGracePeriodSeconds']} s")
        if name != "web":
            probes = container(rendered(), name)
            assert f"of the last {seconds_of(probes['livenessProbe'])} s" in shown[key][2]
    for name in ("worker", "jury"):
        assert f"{seconds_of(container(rendered(), name)['readinessProbe'])} s" in shown[workers][1]
    assert seconds_of(container(rendered(SETS["fenced"]), "beat")["livenessProbe"]) == 3 * 600
