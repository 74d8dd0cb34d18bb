"""Trained generators by name, shipped with the package: no network is needed.

    >>> from ganzoo import zoo
    >>> zoo.names()
    ('cifar10_dcgan', ..., 'mnist_dcgan', ...)
    >>> images = zoo.sample("mnist_dcgan", 16)
    >>> generator = zoo.load("mnist_dcgan")
    >>> images = generator(keras.random.normal((16, 100)))

`read_generator` reads a user's own generator from a .keras file. What conditions a
generator, its inputs besides noise, is its `conditioning`: classes, a layout of objects
in boxes, or drawings to refine.
"""

from typing import TYPE_CHECKING

from ganzoo import lazy

if TYPE_CHECKING:
    from ganzoo.zoo import interpolation
    from ganzoo.zoo.catalog import card, grid, image_shape, names
    from ganzoo.zoo.conditionings import Classes, Conditioning, Drawings
    from ganzoo.zoo.external import read_generator, read_images
    from ganzoo.zoo.generators import (
        MAX_BYTES,
        add,
        codes,
        conditioning,
        draw,
        load,
        pixel_offset,
        sample,
        sampler,
    )
    from ganzoo.zoo.layouts import Layout
    from ganzoo.zoo.sampling import Sampler, latents

__all__ = [
    "MAX_BYTES",
    "Classes",
    "Conditioning",
    "Drawings",
    "Layout",
    "Sampler",
    "add",
    "card",
    "codes",
    "conditioning",
    "draw",
    "grid",
    "image_shape",
    "interpolation",
    "latents",
    "load",
    "names",
    "pixel_offset",
    "read_generator",
    "read_images",
    "sample",
    "sampler",
]

_MODULES = {
    "catalog": ("card", "grid", "image_shape", "names"),
    "conditionings": ("Classes", "Conditioning", "Drawings"),
    "external": ("read_generator", "read_images"),
    "generators": (
        *("MAX_BYTES", "add", "codes", "conditioning", "draw", "load", "pixel_offset"),
        *("sample", "sampler"),
    ),
    "layouts": ("Layout",),
    "sampling": ("Sampler", "latents"),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES, rooms=("interpolation",))
