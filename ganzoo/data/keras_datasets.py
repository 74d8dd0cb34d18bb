"""MNIST and CIFAR-10 by `keras.datasets`, for backends other than TensorFlow.

TFDS prepares its sets with TensorFlow. Keras downloads these to its own cache, the
folder datasets of ~/.keras or of KERAS_HOME, with the same images in another order.
"""

import keras

from ganzoo.commands import meant
from ganzoo.data.images import CHOICES, DataError, ImageSet, check_split, image_set

_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse")
# Names of the classes; None for "0" to "9".
_CLASSES: dict[str, tuple[str, ...] | None] = {
    "cifar10": (*_CIFAR10, "ship", "truck"),
    "fashion_mnist": None,
    "mnist": None,
}
NAMES = tuple(_CLASSES)


def check(name: str, root: object) -> None:
    """Refuses a set that Keras does not have; `root` is where prepared sets are."""
    if name not in _CLASSES:
        raise DataError(
            f"There is no prepared set {name!r} in {root}, and without the TensorFlow "
            f"backend only {', '.join(NAMES)} are downloaded: prepare it where "
            f"TensorFlow is installed. A data set is {CHOICES}.{meant(name, NAMES)}"
        )


def read(name: str, split: str, root: object) -> ImageSet:
    """Reads a split, "train" or "test", and downloads the set first if need be.

    Raises:
        DataError: Keras does not have the set, or it cannot be downloaded.
    """
    check(name, root)
    check_split(split, ("train", "test"), f"{name} of keras.datasets")
    try:
        both = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises Exception itself
        raise DataError(
            f"The data set {name!r} is not prepared in {root}, nor in Keras's cache, "
            f"and cannot be downloaded now ({error}). What helps: a data folder "
            "(--data-dir or TFDS_DATA_DIR) in which it is prepared, or another data "
            f"set: {CHOICES}."
        ) from error
    images, labels = both[("train", "test").index(split)]
    return image_set(
        images,
        labels.ravel(),
        _CLASSES[name],
        name=f"{name} (keras.datasets)",
        split=split,
    )
