"""Two workers, each a process of its own, train like one."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ganzoo import layers

ROOT = Path(__file__).parents[2]

# Run by each worker; the strategy has to come before anything of TensorFlow's.
WORKER = """
import importlib.util, sys
from ganzoo import distribute, layers
strategy = distribute.strategy("multi_worker")
import numpy as np

spec = importlib.util.spec_from_file_location("tiny", sys.argv[1])
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)
gan = tiny.build_gan(strategy, networks={"dropout": layers.Dropout})
logs = gan.fit(tiny.build_batches(3), verbose=0).history
np.savez(
    sys.argv[2],
    weights=tiny.learned_weights(gan),
    loss=logs["generator_loss"],
    replicas=strategy.num_replicas_in_sync,
)
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def started(command: list, index: int, addresses: list[str]) -> subprocess.Popen:
    """Starts a command as one of several workers."""
    config = {
        "cluster": {"worker": addresses},
        "task": {"type": "worker", "index": index},
    }
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ
        | {"TF_CONFIG": json.dumps(config), "CUDA_VISIBLE_DEVICES": "-1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_two_workers_in_one_folder_both_say_so_and_end(tmp_path):
    command = [sys.executable, "-m", "experiments.gan_variants", "ring", "--smoke"]
    command += ["--strategy", "multi_worker", "--output", str(tmp_path / "run")]
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    workers = [started(command, index, addresses) for index in range(2)]
    try:
        ends = [worker.communicate(timeout=300)[0].split() for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [1, 1]
    said = sorted(" ".join(words) for words in ends)
    assert said[0].startswith("error: Another process is training in")
    assert "each process, including each of several workers, its own" in said[0]
    assert said[1].startswith("error: Another worker has ended, so this one stops.")


def test_two_workers_end_with_the_weights_of_one(
    tiny_gan, tiny_batches, learned, tmp_path
):
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    workers = []
    for index in range(2):
        tiny = Path(__file__).with_name("tiny.py")
        command = [sys.executable, "-c", WORKER, tiny, tmp_path / f"{index}.npz"]
        workers.append(started(command, index, addresses))
    try:
        for worker in workers:
            output, _ = worker.communicate(timeout=900)
            assert worker.returncode == 0, output[-3000:]
    finally:
        for worker in workers:
            worker.kill()

    one = tiny_gan(networks={"dropout": layers.Dropout})
    history = one.fit(tiny_batches(3), verbose=0).history
    for index in range(2):
        with np.load(tmp_path / f"{index}.npz") as result:
            assert result["replicas"] == 2
            np.testing.assert_allclose(
                result["weights"], learned(one), rtol=0, atol=1e-5
            )
            np.testing.assert_allclose(
                result["loss"], history["generator_loss"], rtol=0, atol=1e-5
            )
