"""The page of an exported generator: its inputs and outputs, and how to load it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.export.formats import FORMATS, names
from ganzoo.zoo.conditionings import Classes, Drawings
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler

if TYPE_CHECKING:
    from ganzoo.export.folder import Exported


def text(
    title: str,
    sampler: Sampler,
    inputs: Sequence[np.ndarray],
    done: Sequence["Exported"],
    foreign: Sequence[str],
) -> str:
    """Returns the page as Markdown.

    Args:
        title: Title.
        sampler: The generator.
        inputs: Examples of its inputs.
        done: The formats that were written, or failed.
        foreign: Layers in the Keras file that only ganzoo has.
    """
    height, width, channels = sampler.image_shape
    color = "gray" if channels == 1 else "RGB"
    offset = f"{sampler.pixel_offset:g}"
    parts = [
        f"# {title}",
        f"Images of {height}x{width} pixels, {color}: float32 `[n, {height}, {width}, "
        f"{channels}]`, from -1 (black) to 1 (white). As pixels from 0 to 255:",
        _code(
            f"pixels = ((images + 1) * {offset}).round().clip(0, 255).astype('uint8')"
        ),
        "## Inputs",
        _inputs(sampler, inputs),
        _code(_example(sampler, inputs)),
        "## Loading",
    ]
    for one in done:
        kind = FORMATS[one.name]
        if one.reason:
            parts.append(f"**{kind.title}**: not written; {one.reason}.")
            continue
        needs = ""
        if one.name == "keras" and foreign:
            needs = (
                f" It has {', '.join(foreign)} of ganzoo: `import ganzoo` before "
                "loading."
            )
        parts += [
            f"**{kind.title}**: `{kind.file}`, {one.bytes:,} bytes. {_compared(one)}"
            f"{needs}",
            _code(_loading(kind.loading, names(inputs), one.one_by_one)),
        ]
    return "\n\n".join(parts) + "\n"


def _compared(one: "Exported") -> str:
    """Describes the comparison, and whether the file takes one image only."""
    exact = "Its images are those of the original, bit by bit."
    near = "Its images differ from those of the original by at most "
    near = f"{near}{one.difference or 0:.1e}."
    single = " It generates one image at a time: n is 1." if one.one_by_one else ""
    return (near if one.difference else exact) + single


def _code(lines: str) -> str:
    return f"```python\n{lines}\n```"


def _loading(lines: str, inputs: Sequence[str], one_by_one: bool) -> str:
    """Fills the inputs in; a file that takes one image gets the first of them."""
    first = "[:1]" if one_by_one else ""
    return lines.format(
        inputs=inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]",
        keywords=", ".join(f"{name}={name}{first}" for name in inputs),
        dictionary="{" + ", ".join(f'"{name}": {name}' for name in inputs) + "}",
    )


def _inputs(sampler: Sampler, inputs: Sequence[np.ndarray]) -> str:
    """Describes the inputs as a list."""
    conditioning, shape = sampler.conditioning, list(inputs[0].shape[1:])
    if isinstance(conditioning, Drawings):
        return f"- `images`: float32 `{_shape(shape)}` in [-1, 1], to be refined."
    lines = [f"- `noise`: float32 `{_shape(shape)}`, standard normal numbers."]
    if sampler.codes is not None:
        lines[0] = _codes(sampler)
    if isinstance(conditioning, Classes):
        numbers = range(conditioning.num_classes)
        listed = [f"{n} ({conditioning.names[n]})" for n in numbers]
        if conditioning.names == tuple(map(str, numbers)):
            listed = [f"0 to {len(numbers) - 1}"]
        lines.append(f"- `labels`: int32 `[n]`, the classes: {', '.join(listed)}.")
    if isinstance(conditioning, Layout):
        objects = inputs[1].shape[1]
        lines += [
            f"- `labels`: int32 `[n, {objects}]`, a class of each object, 0 to "
            f"{conditioning.num_classes - 1}.",
            f"- `boxes`: float32 `[n, {objects}, 4]`, (y0, x0, y1, x1) of each object, "
            "as fractions of the image. The first row of an image's noise is for the "
            "background, the others are for the objects. These files take "
            f"{objects} objects; the generator itself takes any number.",
        ]
    return "\n".join(lines)


def _codes(sampler: Sampler) -> str:
    codes = sampler.codes
    assert codes is not None  # by the caller
    parts = [f"{sampler.noise_dim} standard normal numbers"]
    parts += [f"a category of {size}, one-hot" for size in codes.categorical]
    if codes.continuous:
        parts.append(f"{codes.continuous} numbers in [-1, 1]")
    return f"- `noise`: float32 `[n, {sampler.size}]`: {', then '.join(parts)}."


def _shape(shape: Sequence[int]) -> str:
    return f"[n, {', '.join(map(str, shape))}]"


def _example(sampler: Sampler, inputs: Sequence[np.ndarray]) -> str:
    """Returns lines of Python that make inputs for 16 images."""
    lines = ["import numpy as np"]
    shape = ", ".join(map(str, inputs[0].shape[1:]))
    if isinstance(sampler.conditioning, Drawings):
        return "\n".join([*lines, f"images = np.zeros((16, {shape}), 'float32')"])
    lines.append(f"noise = np.random.normal(size=(16, {shape})).astype('float32')")
    if (codes := sampler.codes) is not None:
        start = sampler.noise_dim
        for size in codes.categorical:
            hot = f"np.eye({size})[np.arange(16) % {size}]"
            lines.append(f"noise[:, {start}:{start + size}] = {hot}")
            start += size
        if codes.continuous:
            many = f"(16, {codes.continuous})"
            lines.append(f"noise[:, {start}:] = np.random.uniform(-1, 1, {many})")
    if isinstance(sampler.conditioning, Classes):
        count = sampler.conditioning.num_classes
        lines.append(f"labels = np.arange(16, dtype='int32') % {count}")
    if isinstance(sampler.conditioning, Layout):
        labels, boxes = (np.asarray(one[0]).round(4).tolist() for one in inputs[1:])
        lines.append(f"labels = np.array(16 * [{labels}], 'int32')")
        lines.append(f"boxes = np.array(16 * [{boxes}], 'float32')")
    return "\n".join(lines)
