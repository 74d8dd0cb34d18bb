"""Trained generators by name, shipped with the package: no network is needed.

    >>> from ganzoo import zoo
    >>> zoo.names()
    ('cifar10_dcgan', ..., 'mnist_dcgan', ...)
    >>> images = zoo.sample("mnist_dcgan", 16)
    >>> generator = zoo.load("mnist_dcgan")
    >>> images = generator(keras.random.normal((16, 100)))

`open_generator` opens one of the zoo, of a run folder or of a .keras file alike. What
conditions a generator, its inputs besides noise, is its `conditioning`: classes, a
layout of objects in boxes, or drawings to refine.
"""

from typing import TYPE_CHECKING

from ganzoo import lazy

if TYPE_CHECKING:
    from ganzoo.zoo import interpolation, timelapse, walks
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
        load_discriminator,
        pixel_offset,
        sample,
        sampler,
    )
    from ganzoo.zoo.layouts import Layout
    from ganzoo.zoo.opening import open_generator
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
    "load_discriminator",
    "names",
    "open_generator",
    "pixel_offset",
    "read_generator",
    "read_images",
    "sample",
    "sampler",
    "timelapse",
    "walks",
]

_MODULES = {
    "catalog": ("card", "grid", "image_shape", "names"),
    "conditionings": ("Classes", "Conditioning", "Drawings"),
    "external": ("read_generator", "read_images"),
    "generators": (
        *("MAX_BYTES", "add", "codes", "conditioning", "draw", "load"),
        *("load_discriminator", "pixel_offset", "sample", "sampler"),
    ),
    "layouts": ("Layout",),
    "opening": ("open_generator",),
    "sampling": ("Sampler", "latents"),
}
__getattr__, __dir__ = lazy.attach(
    __name__, _MODULES, rooms=("interpolation", "timelapse", "walks")
)
