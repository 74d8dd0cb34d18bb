"""What is done with a trained generator: images, weight averages, export."""

import contextlib
import os
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom
from ganzoo.gans.game import GENERATION

# The longest half-life of the weight average, as a share of the images seen so far: a
# young average forgets its first, bad weights fast ("EMA ramp-up" in the code of Karras
# et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").
RAMP = 0.05


class Sampling:
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
            seed: Seed of the noise.
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
        seed = tf.constant(int(seed) % 2**63, tf.int64)
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

    # ----------------------------------------------------------------- weight average

    def start_average(self, half_life: float | None) -> None:
        """Starts a moving average of the generator's weights (or keeps none).

        Args:
            half_life: Real images seen after which a weight's influence has halved. At
                first it is shorter: never more than a twentieth of the images seen.

        Raises:
            ValueError: `half_life` is not above 0.
        """
        if half_life is not None and not half_life > 0:
            raise ValueError(f"ema_half_life={half_life} images must be above 0.")
        self.ema_half_life = half_life
        self.average = []
        for weight in self._averaged():
            average = self.add_weight(
                shape=weight.shape,
                dtype=weight.dtype,
                initializer="zeros",
                trainable=False,
                aggregation="only_first_replica",
                name=f"average_{weight.name}",
            )
            average.assign(weight.value)
            self.average.append(average)

    def _averaged(self) -> list[keras.Variable]:
        if self.ema_half_life is None:
            return []
        return [w for w in self.generator.weights if "float" in w.dtype]

    def update_average(self, images: int | tf.Tensor) -> None:
        """Moves the average towards the weights.

        Args:
            images: Real images seen by all replicas in this step, as in each before.
        """
        if not self.average:
            return
        images = tf.cast(images, tf.float32)
        seen = images * tf.cast(self.step.value + 1, tf.float32)
        kept = 0.5 ** (images / tf.minimum(float(self.ema_half_life), RAMP * seen))
        for average, weight in zip(self.average, self._averaged(), strict=True):
            old, new = average.value, tf.convert_to_tensor(weight.value)
            average.assign(old + (1.0 - tf.cast(kept, new.dtype)) * (new - old))

    @contextlib.contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Puts the moving average in the generator's place for a while.

        Raises:
            ValueError: No average was kept.
        """
        if not self.average:
            raise ValueError(
                "No average of the generator's weights was kept; build the game with "
                "ema_half_life=..., counted in images, e.g. 10_000."
            )
        weights = self._averaged()
        raw = [weight.numpy() for weight in weights]
        try:
            for weight, average in zip(weights, self.average, strict=True):
                weight.assign(average.numpy())
            yield
        finally:
            for weight, value in zip(weights, raw, strict=True):
                weight.assign(value)

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
