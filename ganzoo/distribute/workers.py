"""Training in several processes: their number, ids and exchanged values."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

_JOBS = ("chief", "worker")


def num_workers(strategy: Any) -> int:
    """Returns the number of processes that a strategy trains in."""
    if _on_jax(strategy):
        devices = strategy.device_mesh.backend_mesh.devices.flat
        return len({device.process_index for device in devices})
    return len(_workers(strategy)) or 1


def configured() -> int:
    """Returns the number of processes in `TF_CONFIG`, without a strategy."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
    except (json.JSONDecodeError, AttributeError):
        return 1
    return sum(len(cluster.get(job, ())) for job in _JOBS) or 1


def worker_id(strategy: Any) -> int:
    """Returns the number of this process, counted from 0."""
    if num_workers(strategy) == 1:
        return 0
    if _on_jax(strategy):
        return sys.modules["jax"].process_index()
    resolver = strategy.cluster_resolver
    return _workers(strategy).index((resolver.task_type, resolver.task_id))


def over_workers(strategy: Any, numbers: Sequence[int]) -> np.ndarray:
    """Gathers the numbers of all workers, int64 `[workers, n]`; all must call it.

    Args:
        strategy: The strategy of the workers.
        numbers: Numbers of this worker, the same count on every worker.
    """
    own = np.asarray(numbers, np.int64)
    if num_workers(strategy) == 1:
        return own[np.newaxis]
    if _on_jax(strategy):
        from jax.experimental import multihost_utils

        return multihost_utils.process_allgather(own)
    table = np.zeros((num_workers(strategy), len(own)), np.int64)
    table[worker_id(strategy)] = own
    # Every replica of a worker would add the same: one of them is enough.
    table = strategy.reduce("SUM", sys.modules["tensorflow"].constant(table), axis=None)
    return table.numpy()


def _on_jax(strategy: Any) -> bool:
    return hasattr(strategy, "device_mesh")


def _workers(strategy: Any) -> list[tuple[str, int]]:
    tensorflow = sys.modules.get("tensorflow")  # no strategy of it is without
    if tensorflow is None or not isinstance(
        strategy, tensorflow.distribute.MultiWorkerMirroredStrategy
    ):
        return []
    cluster = strategy.cluster_resolver.cluster_spec().as_dict()
    return [(job, index) for job in _JOBS for index in range(len(cluster.get(job, ())))]
