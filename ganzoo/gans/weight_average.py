"""A moving average of a network's weights."""

import contextlib
from collections.abc import Iterator

import keras
from keras import KerasTensor, ops

# The longest half-life of the average, as a fraction of the images seen so far: a young
# average forgets its first, bad weights fast ("EMA ramp-up" in the code of Karras et
# al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").
RAMP = 0.05


class WeightAverage(keras.layers.Layer):
    """An exponential moving average of a network's floating-point weights.

    Attributes:
        half_life: Real images seen after which a weight's influence has halved.
        values: The averages, one variable for each weight.
    """

    def __init__(self, network: keras.Model, half_life: float):
        """Starts at the network's current weights; it is not part of this layer.

        The half-life is at most a twentieth of the images seen so far.
        """
        super().__init__(trainable=False, name="weight_average")
        if not half_life > 0:
            raise ValueError(f"ema_half_life={half_life} images must be above 0.")
        self.half_life = half_life
        # A function, which Keras does not save a second time with this layer.
        self._averaged = lambda: [w for w in network.weights if "float" in w.dtype]
        self.values = [
            self.add_weight(
                shape=weight.shape,
                dtype=weight.dtype,
                initializer="zeros",
                aggregation="only_first_replica",
                name=f"average_{weight.name}",
            )
            for weight in self._averaged()
        ]
        self.restart()
        self.built = True

    def restart(self) -> None:
        """Sets the average to the network's current weights."""
        for average, weight in zip(self.values, self._averaged(), strict=True):
            # A copy: two variables with one buffer cannot both be updated in place.
            average.assign(ops.copy(weight.value))

    def update(self, images: KerasTensor | int, seen: KerasTensor | int) -> None:
        """Moves the average toward the weights.

        Args:
            images: Number of real images that all replicas have seen in this step.
            seen: Number of real images seen so far, including these.
        """
        images, seen = ops.cast(images, "float32"), ops.cast(seen, "float32")
        kept = 0.5 ** (images / ops.minimum(float(self.half_life), RAMP * seen))
        for average, weight in zip(self.values, self._averaged(), strict=True):
            old, new = average.value, ops.convert_to_tensor(weight.value)
            average.assign(old + (1.0 - ops.cast(kept, new.dtype)) * (new - old))

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Replaces the network's weights by the average inside the context."""
        weights = self._averaged()
        raw = [ops.convert_to_numpy(weight) for weight in weights]
        try:
            for weight, average in zip(weights, self.values, strict=True):
                weight.assign(ops.convert_to_numpy(average))
            yield
        finally:
            for weight, value in zip(weights, raw, strict=True):
                weight.assign(value)
