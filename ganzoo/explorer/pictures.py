"""Images of the explorer's page, computed from the settings of its controls."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from ganzoo import data, plots
from ganzoo.zoo import interpolation
from ganzoo.zoo.conditionings import Classes, Drawings
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler

SLIDERS = 8  # sliders for the noise; more would not help
LIMIT = 4.0  # their range; normal noise exceeds it 6 times in 100,000
STEPS = 9  # number of images of a path
PATHS = {"straight": interpolation.linear, "arc": interpolation.spherical}
_SIDE = 560  # approximate shorter edge of an enlarged image, in pixels
_THUMB = 105  # of an image of the path
_BETWEEN = 4  # images of a film from one image of the path to the next
_RATE = 12.5  # its frames per second
_FILM = 240  # shorter edge of a film, which the page enlarges


@dataclasses.dataclass(frozen=True)
class Choice:
    """The settings of the page's controls."""

    seed: int = 0  # seed of the noise and of all other random inputs
    # First noise values; for a layout, those of the last object. The values after these
    # stay random
    numbers: Sequence[float] = ()
    # Value of each code, if there are any; empty for random codes
    codes: Sequence[float] = ()
    label: int | None = None  # Class, for a class-conditional generator
    # Objects in boxes, as from `boxes_of`, for a generator of layouts
    boxes: Sequence[dict] = ()
    last_seed: int = 1  # seed of the noise at the end of the path
    position: int = 0  # index of the shown image on the path, from 0
    path: str = "arc"  # "straight" or "arc"


@dataclasses.dataclass(frozen=True)
class Controls:
    """The controls that a generator needs."""

    sliders: int  # number of sliders for the noise
    codes: tuple[int, ...] = ()  # number of values of each code; 0 for a continuous one
    labels: int = 0  # number of classes; labels are in [0, labels)
    boxes: bool = False  # whether the generator takes objects in boxes

    @classmethod
    def of(cls, sampler: Sampler) -> "Controls":
        """Returns the controls of a generator."""
        codes, conditioning = sampler.codes, sampler.conditioning
        return cls(
            sliders=min(SLIDERS, sampler.noise_dim),
            codes=(*codes.categorical, *[0] * codes.continuous) if codes else (),
            labels=getattr(conditioning, "num_classes", 0),
            boxes=isinstance(conditioning, Layout),
        )


def inputs(sampler: Sampler, choice: Choice) -> list[np.ndarray]:
    """Returns the generator's inputs for one image; refuses an invalid choice."""
    first, *others = _drawn(sampler, choice, choice.seed)
    knobs = _knobs(sampler, first)
    knobs[: len(choice.numbers)] = choice.numbers[: len(knobs)]
    if sampler.codes is not None and len(choice.codes):
        sampler.codes.fix(first[:, sampler.noise_dim :], _codes(sampler, choice.codes))
    if isinstance(sampler.conditioning, Classes) and choice.label is not None:
        last = sampler.conditioning.num_classes - 1
        if not 0 <= choice.label <= last:
            raise ValueError(f"class {choice.label} must be 0 to {last}.")
        others[0][:] = choice.label
    return [first, *others]


def numbers(sampler: Sampler, choice: Choice) -> list[float]:
    """Returns the components of the noise that the sliders control."""
    knobs = _knobs(sampler, inputs(sampler, choice)[0])
    return np.clip(knobs, -LIMIT, LIMIT).tolist()


def codes(sampler: Sampler, choice: Choice) -> list[float]:
    """Returns the value of each code."""
    if sampler.codes is None:
        return []
    row = inputs(sampler, choice)[0][0, sampler.noise_dim :]
    sizes = sampler.codes.categorical
    *hot, continuous = np.split(row, np.cumsum(sizes))
    return [float(part.argmax()) for part in hot] + continuous.tolist()


def walk(sampler: Sampler, choice: Choice) -> np.ndarray:
    """Generates the images of the path from the chosen image to that of another seed.

    They are uint8 `[STEPS, height, width, channels]`. A refiner has no noise; it gives
    the synthetic image and the refined one.
    """
    if isinstance(sampler.conditioning, Drawings):
        first = inputs(sampler, choice)
        drawn = data.to_uint8(first[0], sampler.pixel_offset)
        return np.concatenate([drawn, sampler.draw(first)])
    return sampler.between(*_ends(sampler, choice), STEPS, PATHS[choice.path])


def _ends(
    sampler: Sampler, choice: Choice
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Returns the inputs at both ends of the path."""
    return inputs(sampler, choice), _drawn(sampler, choice, choice.last_seed)


def shown(sampler: Sampler, choice: Choice) -> tuple[np.ndarray, np.ndarray]:
    """Returns the image at the chosen position, and the whole path, both enlarged."""
    images = walk(sampler, choice)
    place = min(max(choice.position, 0), len(images) - 1)
    if not sampler.noise_dim:
        place = len(images) - 1
    strip = plots.tile(images, columns=len(images))
    return _enlarged(images[place], _SIDE), _enlarged(strip, _THUMB)


def film(sampler: Sampler, choice: Choice) -> bytes:
    """Returns the path there and back as the content of a WebP that plays in a loop."""
    if not sampler.noise_dim:
        images = walk(sampler, choice)
    else:
        steps = (STEPS - 1) * _BETWEEN + 1
        first, last = _ends(sampler, choice)
        images = sampler.between(first, last, steps, PATHS[choice.path])
    there_and_back = [*images, *images[-2:0:-1]]
    rate = _RATE if sampler.noise_dim else 1.0
    scale = _scale(images[0], _FILM)
    return plots.webp(there_and_back, fps=rate, scale=scale)


def size_in_words(sampler: Sampler) -> str:
    """Returns the size and kind of a generator's images."""
    height, width, channels = sampler.image_shape
    kind = "in gray" if channels == 1 else "in color"
    return f"{height} x {width} pixels, {kind}"


# ------------------------------------------------------------------------------- boxes


def boxes_of(sampler: Sampler) -> list[dict]:
    """Returns the objects that a generator of boxes starts with, as JSON.

    Each has a `label`, and a `box` (y0, x0, y1, x1) as fractions of the image; a
    generator without boxes has none.
    """
    if not isinstance(sampler.conditioning, Layout):
        return []
    layout = sampler.conditioning
    pairs = zip(layout.labels[0], layout.boxes[0], strict=True)
    return [{"label": int(label), "box": box.tolist()} for label, box in pairs]


def with_box(
    sampler: Sampler, boxes: Sequence[dict], label: int, box: Sequence[float]
) -> list[dict]:
    """Returns the objects with one more, in a box drawn with the mouse.

    Args:
        sampler: A generator of objects in boxes.
        boxes: The current objects.
        label: Class of the new object.
        box: Two opposite corners (y, x, y, x), in any order; clipped to the image.
    """
    corners = np.clip(np.asarray(box, float).reshape(2, 2), 0.0, 1.0)
    corners = np.sort(corners, axis=0)
    height, width, _ = sampler.image_shape
    if not (corners[1] - corners[0] >= [1 / height, 1 / width]).all():
        raise ValueError("Hold the mouse button down and drag to draw a larger box.")
    layout = sampler.conditioning
    if isinstance(layout, Layout) and len(boxes) >= layout.max_objects:
        raise ValueError(
            f"The generator takes at most {layout.max_objects} boxes; remove one first."
        )
    return [*boxes, {"label": int(label), "box": corners.ravel().tolist()}]


def _drawn(sampler: Sampler, choice: Choice, seed: int) -> list[np.ndarray]:
    """Returns the random inputs for a seed, as writable arrays."""
    if isinstance(sampler.conditioning, Layout):
        if not choice.boxes:
            raise ValueError("There is no box; draw one with the mouse.")
        labels = np.array([[int(one["label"]) for one in choice.boxes]])
        boxes = np.array([[one["box"] for one in choice.boxes]])
        layout = dataclasses.replace(sampler.conditioning, labels=labels, boxes=boxes)
        sampler = dataclasses.replace(sampler, conditioning=layout)
    return [np.array(rows) for rows in sampler.inputs(1, int(seed or 0))]


def _knobs(sampler: Sampler, first: np.ndarray) -> np.ndarray:
    """Returns the noise components that the sliders control, as a view."""
    if not sampler.noise_dim:
        return np.empty(0)
    return first.reshape(-1, first.shape[-1])[-1][: Controls.of(sampler).sliders]


def _codes(sampler: Sampler, values: Sequence[float]) -> dict[int, float]:
    """Converts sliders' floats to codes; a categorical code takes whole numbers."""
    whole = len(sampler.codes.categorical) if sampler.codes else 0
    return {n: int(v) if n < whole else float(v) for n, v in enumerate(values)}


def _scale(picture: np.ndarray, side: int) -> int:
    return max(1, round(side / min(picture.shape[:2])))


def _enlarged(picture: np.ndarray, side: int) -> np.ndarray:
    scale = _scale(picture, side)
    large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    return large[..., 0] if large.shape[-1] == 1 else large
