"""The Helm chart as helm renders it, with the values of deploy/chart/ci or others."""

import functools
import os
import subprocess

import pytest
import yaml

from config.data_dir import CHECKOUT

CHART = CHECKOUT / "deploy" / "chart"
HELM = CHECKOUT / ".venv-chart" / "bin" / "helm"
PYTHON = HELM.with_name("python")
SETS = {path.stem: path for path in sorted((CHART / "ci").glob("*.yaml"))}
LEAST = SETS["least"]


def need_helm():
    """Skip the tests of a module without helm, unless CI requires them."""
    if not HELM.exists() and not os.environ.get("REQUIRE_CHART"):
        pytest.skip("no .venv-chart with helm; make chart", allow_module_level=True)


def helm(*arguments, check=True):
    done = subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


@functools.cache
def rendered(values=LEAST, *options):
    """Return the objects of a release `assize` in the namespace `labelling`, by kind and name."""
    words = ["template", "assize", CHART, "--namespace", "labelling", "--values", values, *options]
    objects = [each for each in yaml.safe_load_all(helm(*words).stdout) if each]
    named = {(each["kind"], each["metadata"]["name"]): each for each in objects}
    assert len(named) == len(objects)
    return named


def pods(objects):
    """Return the pods of rendered objects, by component."""
    templates = [each["spec"]["template"] for each in objects.values() if "template" in each["spec"]]
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"] for each in templates}


def container(objects, component):
    (only,) = pods(objects)[component]["containers"]
    return only


def environment(objects, component="web"):
    pairs = [(each["name"], each["value"]) for each in container(objects, component)["env"]]
    assert len(dict(pairs)) == len(pairs), "a variable is given twice"
    return dict(pairs)
