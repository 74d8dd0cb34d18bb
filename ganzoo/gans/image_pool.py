"""A pool of refined images, which reminds a discriminator of earlier ones."""

from typing import Any

import keras
from keras import ops

from ganzoo import backend
from ganzoo.random import StepRandom


class ImagePool(keras.layers.Layer):
    """A saved store of images, of a fixed capacity (Shrivastava et al. 2017, sec. 2.3).

    At each exchange as many images are drawn from the store, uniformly and none twice,
    as are handed in; then those handed in take the place of as many others, drawn
    anew. Empty slots are filled first. As long as fewer images are stored than are to
    be drawn, those that were just handed in stand in for the missing ones.

    What is drawn and replaced is a function of the step and of the place in the global
    batch. Each replica holds the whole store: it draws its own part, and all write the
    images of all replicas into the same slots. So the store is one variable, whatever
    the number of replicas, and it is saved and resumed like any weight.
    """

    def __init__(self, capacity: int, shape: tuple[int, int, int], **kwargs: Any):
        """Makes an empty store.

        Args:
            capacity: Images that it holds.
            shape: Height, width and channels of an image.
            **kwargs: As in `keras.layers.Layer`.
        """
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
            shape=(), dtype="int64", trainable=False, name="size", **kept
        )
        self.built = True

    def sample_and_update(
        self, images: keras.KerasTensor, random: StepRandom
    ) -> keras.KerasTensor:
        """Exchanges every other image for an older one.

        Args:
            images: float32 `[n, height, width, channels]` on each replica, n being
                even and static.
            random: A stream that nothing else is drawn from.

        Returns:
            As many images, half of them handed in, half of them older.

        Raises:
            ValueError: Images that cannot be halved, or more than the store can take.
        """
        rows = images.shape[0]
        if rows is None or rows % 2:
            raise ValueError(
                f"Half of the images are to be older ones, but {rows} on each replica "
                "cannot be halved; take an even, static batch size, or "
                "history_capacity=0."
            )
        # Neighbors stay neighbors however the batch is shared among replicas.
        pairs = ops.reshape(images, [rows // 2, 2, *images.shape[1:]])
        shown, kept = ops.unstack(pairs, 2, axis=1)
        older = self.query(kept, random)
        return ops.reshape(ops.stack([shown, older], axis=1), images.shape)

    def query(self, images: keras.KerasTensor, random: StepRandom) -> keras.KerasTensor:
        """Draws images from the store and puts others in.

        Args:
            images: float32 `[n, height, width, channels]` on each replica, n being
                static.
            random: A stream that nothing else is drawn from.

        Returns:
            As many older ones, of that shape.

        Raises:
            ValueError: More images, on all replicas, than the store can hold.
        """
        own = images.shape[0]
        total = own * backend.num_replicas()
        if total > self.capacity:
            raise ValueError(
                f"A history of {self.capacity} images cannot take {total} in at once, "
                "half of the batch; give it a larger history_capacity, or 0 for none."
            )
        drawn, replaced = self._slots(total, random)
        drawn = ops.slice(drawn, [backend.replica_id() * own], [own])
        known = ops.reshape(drawn < self._filled(), [own, 1, 1, 1])
        older = ops.where(known, ops.take(self.images.value, drawn, axis=0), images)
        backend.write_rows(self.images, replaced, backend.gather_over_replicas(images))
        self.size.assign(ops.minimum(self.size.value + total, self.capacity))
        return older

    def _slots(self, count: int, random: StepRandom) -> tuple:
        """Returns which slots are read, and which are written, int32 `[count]` each."""
        shared = StepRandom(random.key)  # the same numbers on every replica
        places = ops.arange(self.capacity, dtype="int64")
        full = places < ops.cast(self._filled(), "int64")
        last = ops.array(2**62, "int64")

        def ordered() -> keras.KerasTensor:
            bits = ops.cast(shared.bits([1, self.capacity])[0], "int64")
            return bits * self.capacity + places  # no two alike

        read = ops.where(full, ordered(), last + places)
        written = ops.where(full, ordered(), places - self.capacity)
        return tuple(
            ops.cast(ops.argsort(keys)[:count], "int32") for keys in (read, written)
        )

    def _filled(self) -> keras.KerasTensor:
        return ops.cast(self.size.value, "int32")
