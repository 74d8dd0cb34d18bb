"""The arithmetic of replicas that split a batch."""

from keras import KerasTensor, ops

from ganzoo.backend import num_replicas, replica_id

__all__ = ["global_mean", "num_replicas", "per_replica_batch", "replica_id"]


def per_replica_batch(global_batch: int, replicas: int) -> int:
    """Returns the number of examples of a global batch per replica.

    Raises:
        ValueError: The batch does not divide evenly among the replicas; the message
            names the nearest sizes that do.
    """
    if global_batch < 1:
        raise ValueError(f"batch_size={global_batch} must be at least 1.")
    if global_batch % replicas:
        below = global_batch // replicas * replicas
        sizes = [size for size in (below, below + replicas) if size]
        raise ValueError(
            f"batch_size={global_batch} (global) cannot be shared equally by "
            f"{replicas} replicas; take {' or '.join(map(str, sizes))}."
        )
    return global_batch // replicas


def global_mean(values: KerasTensor) -> KerasTensor:
    """Reduces one value per example to this replica's part of the global mean.

    Optimizers *sum* gradients over replicas, so the sum over this replica's examples
    is divided by the size of the global batch. This is the only place where a loss is
    reduced.

    Args:
        values: `[n]`, one value for each of this replica's examples.

    Returns:
        A scalar; its sum over all replicas is the mean over the global batch.
    """
    count = ops.size(values) * num_replicas()
    return ops.sum(values) / ops.cast(count, values.dtype)
