"""Two workers, each a process of its own, train like one."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np

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
gan = tiny.build_gan(strategy, players={"dropout": layers.Dropout})
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


def test_two_workers_end_with_the_weights_of_one(
    tiny_gan, tiny_batches, learned, tmp_path
):
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    workers = []
    for index in range(2):
        config = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
        tiny = Path(__file__).with_name("conftest.py")
        command = [sys.executable, "-c", WORKER, tiny, tmp_path / f"{index}.npz"]
        environment = os.environ | {
            "TF_CONFIG": json.dumps(config),
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        workers.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    try:
        for worker in workers:
            output, _ = worker.communicate(timeout=900)
            assert worker.returncode == 0, output[-3000:]
    finally:
        for worker in workers:
            worker.kill()

    one = tiny_gan(players={"dropout": layers.Dropout})
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
