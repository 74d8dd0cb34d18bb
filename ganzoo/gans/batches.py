"""Pure functions of batches and networks that the games share."""

import keras
import tensorflow as tf

from ganzoo import distribute

Real = tuple[tf.Tensor, tf.Tensor | None]  # images and, in a conditional game, labels


def deal(images: tf.Tensor, labels: tf.Tensor | None, hands: int) -> list[Real]:
    """Deals a batch out to the k discriminator steps, like cards.

    Rows i * k to i * k + k - 1 hold example i of every step: so a replica's share of
    the rows is its share of each step's batch, however many replicas there are.

    Args:
        images: `[n * k, ...]`.
        labels: `[n * k]`, or None.
        hands: k.

    Returns:
        For each of the k steps its images `[n, ...]` and labels `[n]`.

    Raises:
        ValueError: A number of rows that is no multiple of k.
    """
    if hands == 1:
        return [(images, labels)]
    dealt = _dealt(images, hands)
    named = [None] * hands if labels is None else _dealt(labels, hands)
    return list(zip(dealt, named, strict=True))


def _dealt(rows: tf.Tensor, hands: int) -> list[tf.Tensor]:
    static = rows.shape[0]
    if static is not None and static % hands:
        raise ValueError(
            f"A batch of {static} rows cannot be dealt out to discriminator_steps="
            f"{hands} steps: each needs as many fresh images as the others. Use "
            "ganzoo.data.training_batches(..., discriminator_steps=...)."
        )
    length = -1 if static is None else static // hands
    return tf.unstack(tf.reshape(rows, [length, hands, *rows.shape[1:]]), axis=1)


def count(images: tf.Tensor) -> int | tf.Tensor:
    """Returns the number of examples, static where it is known."""
    return images.shape[0] if images.shape[0] is not None else tf.shape(images)[0]


def per_example(values: tf.Tensor) -> tf.Tensor:
    """Averages the values of each example, e.g. over patches: `[n, ...]` to `[n]`."""
    return tf.reduce_mean(tf.reshape(values, [count(values), -1]), axis=1)


def own_losses(network: keras.Model) -> tf.Tensor | float:
    """Returns this replica's share of what the network's layers add to its loss.

    That is the regularisers of its weights, and what a layer gives to `add_loss`.
    """
    if not network.losses:
        return 0.0
    total = tf.add_n([tf.cast(loss, tf.float32) for loss in network.losses])
    return total / distribute.num_replicas()
