"""The arithmetic of replicas that share a batch."""

import tensorflow as tf


def per_replica_batch(global_batch: int, replicas: int) -> int:
    """Returns the share of one replica, in examples.

    Raises:
        ValueError: The replicas cannot share the batch equally; the message names the
            nearest sizes that they can.
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


def num_replicas() -> int:
    """Returns the number of replicas in sync under the current strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def global_mean(values: tf.Tensor) -> tf.Tensor:
    """Reduces one value an example to this replica's share of the global mean.

    Optimisers *sum* gradients over replicas, so the sum over this replica's examples
    is divided by the size of the global batch. It is the only place where a loss is
    reduced.

    Args:
        values: `[n]`, one value for each of this replica's examples.

    Returns:
        A scalar; the sum of it over all replicas is the mean over the global batch.
    """
    count = tf.size(values) * num_replicas()
    return tf.reduce_sum(values) / tf.cast(count, values.dtype)


def replica_id() -> tf.Tensor | int:
    """Returns this replica's number in sync; 0 outside a replica."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group
