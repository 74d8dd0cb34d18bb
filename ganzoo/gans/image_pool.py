"""A pool of refined images, which shows a discriminator earlier ones again."""

from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend
from ganzoo.random import StepRandom


class ImagePool(keras.layers.Layer):
    """A saved pool of images with a fixed capacity (Shrivastava et al. 2017, sec. 2.3).

    Each query passes n images: the pool returns n stored images, sampled uniformly
    without repetition, then overwrites n slots, sampled again, with the new images.
    Empty slots are filled first. While fewer than n images are stored, the new images
    stand in for the missing ones.

    Which slots are read and written is a function of the step and the place in the
    global batch. Each replica holds the whole pool: it reads its own part, and all
    replicas write the images of all into the same slots. So the pool is one variable,
    whatever the number of replicas, and is saved and resumed like any weight.
    """

    def __init__(self, capacity: int, shape: tuple[int, int, int], **kwargs: Any):
        """Builds an empty pool of images of this height, width and channels."""
        super().__init__(autocast=False, trainable=False, **kwargs)
        self.capacity = capacity
        kept = {"initializer": "zeros", "aggregation": "only_first_replica"}
        self.images = self.add_weight(
            shape=(capacity, *shape),
            dtype="float32",
            trainable=False,
            name="images",
            **kept,
        )
        self.size = self.add_weight(
            shape=(), dtype="int", trainable=False, name="size", **kept
        )
        self.built = True

    def sample_and_update(self, images: KerasTensor, random: StepRandom) -> KerasTensor:
        """Replaces every other image by an earlier one; returns them all.

        Args:
            images: float32 `[n, height, width, channels]` on each replica; n is even
                and static.
            random: A stream of random numbers with no other use.
        """
        rows = images.shape[0]
        if rows is None or rows % 2:
            raise ValueError(
                f"Half of the images come from the pool, but {rows} on each replica "
                "cannot be halved; use an even, static batch size, or "
                "history_capacity=0."
            )
        # Pairs of adjacent rows stay together however the replicas split the batch.
        pairs = ops.reshape(images, [rows // 2, 2, *images.shape[1:]])
        shown, kept = ops.unstack(pairs, 2, axis=1)
        older = self.query(kept, random)
        return ops.reshape(ops.stack([shown, older], axis=1), images.shape)

    def query(self, images: KerasTensor, random: StepRandom) -> KerasTensor:
        """Returns n earlier images from the pool and stores n new ones.

        Args:
            images: float32 `[n, height, width, channels]` on each replica; n is static.
            random: A stream of random numbers with no other use.
        """
        own = images.shape[0]
        total = own * backend.num_replicas()
        if total > self.capacity:
            raise ValueError(
                f"A pool of {self.capacity} images cannot store {total} at once, half "
                "of the batch; pass a larger history_capacity, or 0 for no pool."
            )
        drawn, replaced = self._slots(total, random)
        drawn = ops.slice(drawn, [backend.replica_id() * own], [own])
        known = ops.reshape(drawn < self._filled(), [own, 1, 1, 1])
        older = ops.where(known, ops.take(self.images.value, drawn, axis=0), images)
        backend.write_rows(self.images, replaced, backend.gather_over_replicas(images))
        self.size.assign(ops.minimum(self.size.value + total, self.capacity))
        return older

    def _slots(self, count: int, random: StepRandom) -> tuple:
        """Returns the slots to read and the slots to write, int32 `[count]` each."""
        shared = StepRandom(random.key)  # the same numbers on every replica
        full = ops.arange(self.capacity) < self._filled()

        def ordered() -> KerasTensor:
            return shared.bits([1, self.capacity])[0]

        # Sorted by random numbers, and those that are alike by place. Full slots are
        # read first, and empty ones written.
        last, first = ops.array(2**32 - 1, "uint32"), ops.array(0, "uint32")
        read = ops.where(full, ordered(), last)
        written = ops.where(full, ops.maximum(ordered(), first + 1), first)
        return tuple(
            ops.cast(ops.argsort(keys)[:count], "int32") for keys in (read, written)
        )

    def _filled(self) -> KerasTensor:
        return ops.cast(self.size.value, "int32")
