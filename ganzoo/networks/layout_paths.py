"""Layers that the global and local paths of the layout networks have in common."""

from typing import NamedTuple

import keras
from keras import KerasTensor, layers

from ganzoo.layers import BatchNormalization, Dropout, PReLU
from ganzoo.networks.blocks import Seeds, glorot, tanh


class Width(NamedTuple):
    """The width of a network relative to the table."""

    factor: float

    def of(self, channels: int) -> int:
        """Returns the channels of a layer.

        Raises:
            ValueError: The result is not a whole number of at least 1.
        """
        scaled = channels * self.factor
        if scaled < 1 or scaled != int(scaled):
            raise ValueError(
                f"width={self.factor} scales {channels} channels to {scaled}, which is "
                "not a whole number of at least 1; use e.g. 1, 1/2, 1/4 or 1/8."
            )
        return int(scaled)


class GeneratorLayers(NamedTuple):
    """The layers of the generator's paths."""

    width: Width
    seeds: Seeds

    def path(
        self,
        codes: KerasTensor,
        size: int,
        name: str,
        layout: KerasTensor | None = None,
    ) -> KerasTensor:
        """Returns images `[..., size, size, 1]`; `layout` has a quarter of the size."""
        side, channels = size // 4, self.width.of(256)
        dense = layers.Dense(
            side * side * channels,
            use_bias=False,
            kernel_initializer=glorot(self.seeds),
            name=f"{name}_dense",
        )
        x = _activated(dense(codes), f"{name}_dense", batch_norm=True)
        x = layers.Reshape((side, side, channels), name=f"{name}_grid")(x)
        if layout is not None:
            x = layers.Concatenate(name=f"{name}_layout")([x, layout])
        x = self.convolved(x, 256, f"{name}_conv_1")
        x = layers.UpSampling2D(name=f"{name}_up_1")(x)
        x = self.convolved(x, 128, f"{name}_conv_2")
        x = layers.UpSampling2D(name=f"{name}_up_2")(x)
        x = self.convolved(x, 64, f"{name}_conv_3")
        return self.pixels(x, name)

    def convolved(self, x: KerasTensor, channels: int, name: str) -> KerasTensor:
        """Applies a convolution, batch normalization and PReLU."""
        convolution = layers.Conv2D(
            self.width.of(channels),
            3,
            padding="same",
            use_bias=False,
            kernel_initializer=glorot(self.seeds),
            name=name,
        )
        return _activated(convolution(x), name, batch_norm=True)

    def pixels(self, x: KerasTensor, name: str) -> KerasTensor:
        """Returns images in [-1, 1]."""
        convolution = layers.Conv2D(
            1,
            3,
            padding="same",
            kernel_initializer=glorot(self.seeds),
            name=f"{name}_pixels",
        )
        return tanh(f"{name}_tanh")(convolution(x))


class DiscriminatorLayers(NamedTuple):
    """The layers of the discriminator's paths."""

    width: Width
    seeds: Seeds
    dropout: float
    num_classes: int

    def path(self, x: KerasTensor, name: str) -> KerasTensor:
        """Returns features, `[..., 128]` times the width."""
        for number, channels in enumerate((32, 64, 128), start=1):
            own = f"{name}_conv_{number}"
            convolution = layers.Conv2D(
                self.width.of(channels),
                3,
                padding="same",
                kernel_initializer=glorot(self.seeds),
                name=own,
            )
            x = _activated(convolution(x), own)
            if number == 3:
                x = layers.Flatten(name=f"{name}_flatten")(x)
            x = Dropout(self.dropout, name=f"{own}_dropout")(x)
        dense = layers.Dense(
            self.width.of(128),
            kernel_initializer=glorot(self.seeds),
            name=f"{name}_dense",
        )
        x = _activated(dense(x), f"{name}_dense")
        return Dropout(self.dropout, name=f"{name}_dense_dropout")(x)

    def two(self, features: KerasTensor, name: str) -> KerasTensor:
        """Returns two logits, for real and for fake."""
        return self.dense(features, 2, f"{name}_decision")

    def dense(self, features: KerasTensor, units: int, name: str) -> KerasTensor:
        """Returns logits, in float32."""
        return layers.Dense(
            units, kernel_initializer=glorot(self.seeds), dtype="float32", name=name
        )(features)

    def projected(
        self, logits: KerasTensor, features: KerasTensor, labels: KerasTensor
    ) -> KerasTensor:
        """Adds to two logits the projection of the features on the label's vectors."""
        size = features.shape[-1]
        maps = layers.Embedding(
            self.num_classes,
            2 * size,
            embeddings_initializer=glorot(self.seeds),
            dtype="float32",
            name="projection",
        )(labels)
        maps = layers.Reshape((2, size), name="projection_maps", dtype="float32")(maps)
        dot = layers.Dot(axes=(2, 1), name="projection_logits", dtype="float32")
        add = layers.Add(name="projected", dtype="float32")
        return add([logits, dot([maps, features])])


def _activated(x: KerasTensor, name: str, batch_norm: bool = False) -> KerasTensor:
    if batch_norm:
        x = BatchNormalization(name=f"{name}_norm")(x)
    channelwise = list(range(1, len(x.shape) - 1))
    return PReLU(
        alpha_initializer=keras.initializers.Constant(0.25),
        shared_axes=channelwise or None,
        name=f"{name}_prelu",
    )(x)
