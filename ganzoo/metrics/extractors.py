"""All extractors, by the names that commands and configurations use."""

import os
from collections.abc import Sequence
from pathlib import Path

from ganzoo.commands import meant
from ganzoo.metrics import features, pretrained
from ganzoo.metrics.features import Extractor
from ganzoo.metrics.inception import load_inception
from ganzoo.metrics.pixel_features import PixelFeatures

CLASSIFIERS = ("mnist", "cifar10")
PIXELS, LITE0, VGG = "pixels", "lite0", "vgg"
EXTRACTORS = (*CLASSIFIERS, PIXELS, LITE0, VGG, *pretrained.FID)


def load_extractor(
    name: str, image_shape: Sequence[int], weights: str | os.PathLike | None = None
) -> Extractor:
    """Loads an extractor by its name.

    - "mnist" and "cifar10", the shipped classifiers, suit images of that kind, of 28x28
      in gray or 32x32 in color, and take a second for thousands of images.
    - "lite0" suits pictures of any kind and size (`load_lite0`).
    - "vgg" sees edges and textures of pictures of any kind, an unlike extractor beside
      "lite0" (`load_vgg`).
    - "fid", "fid-pytorch" and "fid-clean" compare with published numbers (`load_fid`),
      and take about a minute for a thousand images on two cores.
    - "pixels" sees layout, color and texture only, and needs nothing (`PixelFeatures`).

    Args:
        name: One of these names, or the path of a weights file of Keras's Inception-v3
            (`load_inception`).
        image_shape: (height, width, channels) of the images.
        weights: Path of the weights of "fid...", "lite0" and "vgg", if not in their
            places.

    Raises:
        ValueError: There is no such extractor, it has no file of weights to choose, or
            it does not take images of that shape.
        WeightsError: The weights are absent, damaged or of another network.
    """
    shape = tuple(image_shape)
    takes_weights = name in (LITE0, VGG, *pretrained.FID)
    if weights is not None and not takes_weights:
        raise ValueError(
            f"weights={weights} are for lite0, vgg and {', '.join(pretrained.FID)}, "
            f"not for the extractor {name}; leave them out."
        )
    if name in CLASSIFIERS:
        found = features.load_classifier(name)
        if found.image_shape != shape:
            raise ValueError(
                f"The extractor {name} takes images of {_size(found.image_shape)}, not "
                f"{_size(shape)}; lite0 and fid take images of any size."
            )
        return found
    if name == PIXELS:
        return PixelFeatures(shape)
    if name == LITE0:
        return pretrained.load_lite0(shape, weights)
    if name == VGG:
        return pretrained.load_vgg(shape, weights)
    if name in pretrained.FID:
        return pretrained.load_fid(shape, weights, name=name)
    if Path(name).is_file():
        return load_inception(name, shape)
    raise ValueError(
        f"extractor={name} must be {', '.join(EXTRACTORS)}, or the path of a weights "
        f"file of Keras's Inception-v3.{meant(name, EXTRACTORS)}"
    )


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
