"""Training in several processes: their number, ids and exchanged values."""

import json
import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

_JOBS = ("chief", "worker")


def num_workers(strategy: tf.distribute.Strategy) -> int:
    """Returns the number of processes that a strategy trains in."""
    return len(_workers(strategy)) or 1


def configured() -> int:
    """Returns the number of processes in `TF_CONFIG`, without a strategy."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
    except (json.JSONDecodeError, AttributeError):
        return 1
    return sum(len(cluster.get(job, ())) for job in _JOBS) or 1


def worker_id(strategy: tf.distribute.Strategy) -> int:
    """Returns the number of this process, counted from 0."""
    if num_workers(strategy) == 1:
        return 0
    resolver = strategy.cluster_resolver
    return _workers(strategy).index((resolver.task_type, resolver.task_id))


def over_workers(
    strategy: tf.distribute.Strategy, numbers: Sequence[int]
) -> np.ndarray:
    """Gathers the numbers of all workers, int64 `[workers, n]`; all must call it.

    Args:
        strategy: The strategy of the workers.
        numbers: Numbers of this worker, the same count on every worker.
    """
    own = np.asarray(numbers, np.int64)
    if num_workers(strategy) == 1:
        return own[np.newaxis]
    table = np.zeros((num_workers(strategy), len(own)), np.int64)
    table[worker_id(strategy)] = own
    # Every replica of a worker would add the same: one of them is enough.
    table = strategy.reduce("SUM", tf.constant(table), axis=None)
    return table.numpy()


def _workers(strategy: tf.distribute.Strategy) -> list[tuple[str, int]]:
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return []
    cluster = strategy.cluster_resolver.cluster_spec().as_dict()
    return [(job, index) for job in _JOBS for index in range(len(cluster.get(job, ())))]
