"""On JAX, two workers, each a process of its own, train like one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.gans.test_multi_worker import free_ports

pytest.importorskip("jax")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXPERIMENT = ("-m", "experiments.gan_variants", "ring", "--smoke", "--strategy")

# Run by each worker, and by one process alone.
WORKER = """
import sys
import keras
from ganzoo import distribute, layers
from ganzoo.distribute import workers
strategy = distribute.strategy(sys.argv[1])
import numpy as np
from tests.gans import tiny

networks = {"norm": layers.BatchNormalization, "dropout": layers.Dropout}
gan = tiny.build_gan(strategy, networks=networks, ema_half_life=30.0)
logs = gan.fit(tiny.build_batches(3), verbose=0).history
images = np.random.default_rng(0).uniform(-1, 1, (24, *tiny.IMAGE)).astype("float32")
np.savez(
    sys.argv[2],
    ids=workers.over_workers(strategy, [workers.worker_id(strategy)]),
    loss=logs["generator_loss"],
    single=gan.train_on_batch(images[:8]),
    shuffled=gan.fit(images, batch_size=8, verbose=0).history["generator_loss"],
    evaluated=gan.evaluate(images, batch_size=8, verbose=0),
    weights=tiny.learned_weights(gan),
    images=gan.generate(3, seed=1),
)
"""


def started(words: tuple, address: str | None = None, number: int = 0):
    """Starts Python on JAX, alone or as one of two workers."""
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    environment |= {"PYTHONPATH": str(ROOT)}
    if address is not None:
        found = {"JOB_ADDRESSES": address, "NUM_PROCESSES": "2"}
        found |= {"PROCESS_ID": str(number)}
        environment |= {f"KERAS_DISTRIBUTION_{k}": v for k, v in found.items()}
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(processes: list[subprocess.Popen]) -> list[str]:
    try:
        outputs = [process.communicate(timeout=300)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, output[-3000:]
    return outputs


def both(words_of) -> list[str]:
    """Runs two workers to their end."""
    address = f"localhost:{free_ports(1)[0]}"
    return finished([started(words_of(n), address, n) for n in range(2)])


def test_two_workers_end_with_the_weights_of_one(tmp_path):
    def words(name, strategy="multi_worker"):
        return "-c", WORKER, strategy, tmp_path / f"{name}.npz"

    both(words)
    finished([started(words("alone", "cpu"))])
    alone = np.load(tmp_path / "alone.npz")
    for number in range(2):
        found = np.load(tmp_path / f"{number}.npz")
        assert found["ids"].tolist() == [[0], [1]]
        for name in set(alone) - {"ids"}:
            np.testing.assert_allclose(
                found[name], alone[name], rtol=0, atol=1e-5, err_msg=name
            )


def test_an_experiment_runs_and_resumes_in_two_workers(tmp_path):
    def words(number):
        return *EXPERIMENT, "multi_worker", "--output", tmp_path / f"run{number}"

    both(words)
    last = [sorted((tmp_path / f"run{n}" / "checkpoints").iterdir()) for n in range(2)]
    assert last[0][-1].name == last[1][-1].name
    # A worker that was killed while it saved has an older checkpoint only.
    last[1][-1].unlink()
    (tmp_path / "run1" / "report.md").unlink()
    again = both(words)
    assert "is removed: the other workers are at step" in again[0]
    assert (tmp_path / "run1" / "report.md").exists()
