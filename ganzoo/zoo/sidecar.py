"""generator.json, which says what the generator.keras beside it draws.

A Keras file has layers and weights. What else its user must know is here: the names of
the classes, InfoGAN's codes, the boxes of a layout, and the gray value that stands for
0. A run folder has both files, from its first epoch on; reading this one does not start
TensorFlow.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganzoo.files import read_json, write_json

NAME = "generator.json"
# The generators that it describes: the last one of a run, and the best.
GENERATORS = ("generator.keras", "best.keras")
# What conditions a generator or follows its noise, as in a card of the zoo.
INPUTS = ("classes", "codes", "layout")
_MOST_CLASSES = 10_000
_MOST_NAME = 200  # characters of a class's name
_MOST_OBJECTS = 64


def write(generator: Path, description: dict) -> None:
    """Writes the description beside a generator's file.

    Args:
        generator: Path of the .keras file.
        description: `image_shape` [height, width, channels], `pixel_offset`, and, where
            the generator has them, `classes` (`num_classes` and `names`), `codes` or
            `layout`, as in a card of the zoo; further entries are for people.
    """
    write_json(generator.with_name(NAME), description)


def read(generator: Path) -> dict:
    """Returns the description of a generator's file; {} if there is none.

    Raises:
        ValueError: The description is damaged.
    """
    path = generator.with_name(NAME)
    if generator.name not in GENERATORS or not path.is_file():
        return {}
    found = read_json(path)
    for key, is_valid in _VALID.items():
        if not isinstance(found, dict) or (key in found and not is_valid(found[key])):
            raise ValueError(
                f"{path} does not describe a generator: its {key} is not as ganzoo "
                "writes it. Remove the file to use generator.keras alone."
            )
    return found


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_is_size, value))


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 < value <= 2**16


def _is_gray(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= 255


def _are_classes(value: Any) -> bool:
    if not isinstance(value, dict) or not {"num_classes"} <= set(value) <= {
        "num_classes",
        "names",
    }:
        return False
    count, names = value["num_classes"], value.get("names", [])
    named = isinstance(names, list) and all(
        isinstance(name, str) and len(name) <= _MOST_NAME and name.isprintable()
        for name in names
    )
    counted = type(count) is int and 1 <= count <= _MOST_CLASSES
    return counted and named and len(names) in (0, count)


def _are_codes(value: Any) -> bool:
    known = {"categorical", "continuous", "stddev"}
    return isinstance(value, dict) and set(value) <= known


def _is_layout(value: Any) -> bool:
    known = {"labels", "boxes", "num_classes", "max_objects"}
    if not isinstance(value, dict) or not set(value) <= known:
        return False
    return value.get("max_objects", 1) in range(1, _MOST_OBJECTS + 1)


_VALID: dict[str, Callable[[Any], bool]] = {
    "image_shape": _is_shape,
    "pixel_offset": _is_gray,
    "classes": _are_classes,
    "codes": _are_codes,
    "layout": _is_layout,
}
