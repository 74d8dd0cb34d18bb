"""A moving average of a network's weights, beside the weights."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf

# The longest half-life of the weight average, as a share of the images seen so far: a
# young average forgets its first, bad weights fast ("EMA ramp-up" in the code of Karras
# et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").
RAMP = 0.05


class Averaging:
    """Mixin of the games that can average the weights of one of their networks."""

    averaged_network = "generator"  # the attribute that holds it

    def start_average(self, half_life: float | None) -> None:
        """Starts a moving average of the network's weights (or keeps none).

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
        weights = getattr(self, self.averaged_network).weights
        return [weight for weight in weights if "float" in weight.dtype]

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
        """Puts the moving average in the network's place for a while.

        Raises:
            ValueError: No average was kept.
        """
        if not self.average:
            raise ValueError(
                f"No average of the {self.averaged_network}'s weights was kept; build "
                "the game with ema_half_life=..., counted in images, e.g. 10_000."
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
