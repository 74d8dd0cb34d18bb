"""A history of refined images, from which a discriminator is reminded of old ones."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom


class History(keras.layers.Layer):
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

    def __init__(self, capacity: int, shape: tuple[int, int, int], **kwargs):
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
        self.stored = self.add_weight(
            shape=(), dtype="int64", trainable=False, name="stored", **kept
        )
        self.built = True

    def mix(self, images: tf.Tensor, random: StepRandom) -> tf.Tensor:
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
        # Neighbours stay neighbours however the batch is shared among replicas.
        pairs = tf.reshape(images, [rows // 2, 2, *images.shape[1:]])
        shown, kept = tf.unstack(pairs, axis=1)
        older = self.exchange(kept, random)
        return tf.reshape(tf.stack([shown, older], axis=1), images.shape)

    def exchange(self, images: tf.Tensor, random: StepRandom) -> tf.Tensor:
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
        total = own * distribute.num_replicas()
        if total > self.capacity:
            raise ValueError(
                f"A history of {self.capacity} images cannot take {total} in at once, "
                "half of the batch; give it a larger history_capacity, or 0 for none."
            )
        drawn, replaced = self._slots(total, random)
        drawn = tf.slice(drawn, [distribute.replica_id() * own], [own])
        known = tf.reshape(drawn < self._filled(), [own, 1, 1, 1])
        older = tf.where(known, tf.gather(self.images.value, drawn), images)
        self._write(replaced, images)
        self.stored.assign(tf.minimum(self.stored.value + total, self.capacity))
        return older

    def _slots(self, count: int, random: StepRandom) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns which slots are read, and which are written, int32 `[count]` each."""
        shared = StepRandom(random.key)  # the same numbers on every replica
        places = tf.range(self.capacity, dtype=tf.int64)
        full = places < tf.cast(self._filled(), tf.int64)
        last = tf.constant(2**62, tf.int64)

        def ordered() -> tf.Tensor:
            bits = tf.cast(shared.bits([1, self.capacity])[0], tf.int64)
            return bits * self.capacity + places  # no two alike

        read = tf.where(full, ordered(), last + places)
        written = tf.where(full, ordered(), places - self.capacity)
        return tuple(
            tf.cast(tf.argsort(keys)[:count], tf.int32) for keys in (read, written)
        )

    def _filled(self) -> tf.Tensor:
        return tf.cast(self.stored.value, tf.int32)

    def _write(self, slots: tf.Tensor, images: tf.Tensor) -> None:
        """Writes the images of all replicas into the slots, on each replica."""
        if distribute.num_replicas() > 1:
            images = tf.distribute.get_replica_context().all_gather(images, axis=0)
        value = self.images.value
        if not isinstance(value, tf.Variable):
            # In a keras.StatelessScope values are tensors, and assigning is Keras's.
            self.images.assign(
                tf.tensor_scatter_nd_update(value, slots[:, None], images)
            )
            return
        # One replica cannot write to a mirrored variable by itself, and assigning would
        # copy the whole store from the first to the others.
        tf.__internal__.distribute.interim.maybe_merge_call(
            _write_everywhere, tf.distribute.get_strategy(), value, slots, images
        )


def _write_everywhere(strategy, store, slots, images) -> None:
    strategy.extended.update(
        store,
        lambda variable, slots, images: variable.scatter_update(
            tf.IndexedSlices(images, slots)
        ),
        args=(slots, images),
        group=False,
    )
