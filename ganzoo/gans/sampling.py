"""What is done with a trained generator: images, export."""

import contextlib
import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom
from ganzoo.gans.averaging import Averaging
from ganzoo.gans.game import GENERATION


class Sampling(Averaging):
    """Mixin of the games that have one `generator`."""

    def generate(
        self,
        count: int,
        labels: Sequence[int] | None = None,
        *,
        seed: int = 0,
        average: bool = False,
        batch_size: int = 256,
    ) -> np.ndarray:
        """Draws images from the generator, in inference mode.

        Image i is a function of (seed, i) alone: the first 16 of 64 images are the 16
        images of that seed, on any number of replicas.

        Args:
            count: Number of images.
            labels: In a conditional game the class of each image, `[count]`; by
                default drawn uniformly.
            seed: Seed of the noise, an integer of 64 bits.
            average: Use the moving average of the weights in place of the weights.
            batch_size: Images generated at a time, on each replica.

        Returns:
            float32 `[count, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: A size below 1, labels that do not fit the game, or an average
                that was not kept.
        """
        for name, value in (("count", count), ("batch_size", batch_size)):
            if value < 1:
                raise ValueError(f"{name}={value} must be at least 1.")
        labels = self._check_labels(labels, count)
        strategy = self.distribute_strategy
        batch_size = min(batch_size, count)
        step = batch_size * strategy.num_replicas_in_sync
        seed = tf.constant(distribute.checked_seed(seed), tf.int64)
        batches = []
        with self.averaged_weights() if average else contextlib.nullcontext():
            for number, start in enumerate(range(0, count, step)):
                given = None
                if labels is not None:
                    rows = labels[start : start + step]
                    given = tf.constant(np.resize(rows, (step, *rows.shape[1:])))
                batches.append(self._generated(seed, number, given, batch_size).numpy())
        return np.concatenate(batches)[:count]

    def _generated(self, seed, number: int, labels, batch_size: int) -> tf.Tensor:
        """One batch on every replica, gathered in order; compiled once a batch size."""
        functions = self.__dict__.setdefault("_generate_functions", {})
        key = (batch_size, labels is None)
        if key not in functions:
            functions[key] = tf.function(
                self._generate_function(batch_size), autograph=False
            )
        return functions[key](seed, tf.constant(number, tf.int64), labels)

    def _generate_function(self, batch_size: int):
        strategy = self.distribute_strategy
        replicas = strategy.num_replicas_in_sync

        def on_replica(seed, number, labels):
            replica = distribute.replica_id()
            shard = number * replicas + tf.cast(replica, tf.int64)
            root = StepRandom.root(self.seed).fold(GENERATION).fold(seed)
            random = StepRandom(root.key, shard)
            if labels is not None:
                labels = labels[replica * batch_size : (replica + 1) * batch_size]
                labels = tf.ensure_shape(labels, [batch_size, *labels.shape[1:]])
            inputs = self.generator_inputs(batch_size, random, labels)
            return tf.cast(self.generator(inputs, training=False), tf.float32)

        def gathered(seed, number, labels):
            images = strategy.run(on_replica, args=(seed, number, labels))
            return strategy.gather(images, axis=0)

        return gathered

    def generator_inputs(self, count: int | tf.Tensor, random: StepRandom, labels=None):
        """Returns what the generator is fed: noise and, in a conditional game, labels.

        Args:
            count: Examples, on this replica.
            random: Where the noise comes from.
            labels: `[count]`; by default drawn uniformly.
        """
        noise = random.normal([count, self.latent_dim])
        if self.num_classes is None:
            return noise
        if labels is None:
            labels = random.integers([count], self.num_classes)
        return [noise, labels]

    def _check_labels(self, labels, count: int) -> np.ndarray | None:
        if labels is None:
            return None
        if self.num_classes is None:
            raise ValueError(
                "labels were given, but this game takes none (num_classes=None)."
            )
        labels = np.asarray(labels)
        if labels.shape != (count,):
            raise ValueError(
                f"labels has shape {labels.shape}; one for each of {count} images is "
                "needed."
            )
        if labels.dtype.kind not in "iu":
            raise ValueError(f"labels are {labels.dtype}; they must be whole numbers.")
        if labels.min() < 0 or labels.max() >= self.num_classes:
            raise ValueError(
                f"labels run from {labels.min()} to {labels.max()}; this game has the "
                f"classes 0 to {self.num_classes - 1}."
            )
        return labels.astype(np.int32)

    # ------------------------------------------------------------------------- export

    def export_generator(
        self, path: str | os.PathLike, *, average: bool = False
    ) -> None:
        """Writes the generator as a SavedModel, for use without ganzoo or Keras.

        Its `serve` takes float32 noise `[n, latent_dim]`, in a conditional game
        `[noise, labels]`, and returns the images.

        Args:
            path: Folder to write.
            average: Export the moving average of the weights.

        Raises:
            ValueError: An average that was not kept.
        """
        with self.averaged_weights() if average else contextlib.nullcontext():
            self.generator.export(str(path), format="tf_saved_model", verbose=False)
