"""`python -m ganzoo draw NAME --box LABEL:y0,x0,y1,x1`."""

import re

import tyro

from ganzoo import plots, zoo

_FORM = re.compile(r"\s*(-?\d+)\s*:" + ",".join([r"\s*([^,\s]+)\s*"] * 4))


def draw(
    name: tyro.conf.Positional[str],
    box: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    count: int = 1,
    seed: int = 0,
    scale: int = 4,
    output: str = "drawn.png",
) -> None:
    """Draw objects of chosen labels in chosen boxes, the later over the earlier.

    Args:
        name: A generator of objects in boxes.
        box: LABEL:y0,x0,y1,x1 in shares of the image's height and width, from the upper
            left, such as 7:0.1,0.1,0.4,0.4; give --box once for each object.
        count: Number of images, from different noise.
        seed: Seed of the noise; the same seed gives the same images.
        scale: Size of a pixel.
        output: PNG file to write.
    """
    if not box:
        raise ValueError('Nothing is to be drawn; give --box "7:0.1,0.1,0.4,0.4".')
    labels, boxes = zip(*map(read_box, box), strict=True)
    shape = zoo.image_shape(name)
    plots.check_path(output)
    plots.check_grid(count, shape, scale=scale)
    images = zoo.draw(name, labels, boxes, count, seed=seed)
    grid = images[0] if count == 1 else plots.tile(images)
    plots.save_image(output, grid, scale=scale)
    print(f"{', '.join(map(str, labels))} by {name}, seed {seed}: {output}")


def read_box(text: str) -> tuple[int, tuple[float, ...]]:
    """Reads an object as the command line has it, such as "7:0.1,0.1,0.4,0.4".

    Returns:
        Its label and its box (y0, x0, y1, x1).

    Raises:
        ValueError: Another form; which labels and boxes there may be is not looked at.
    """
    found = _FORM.fullmatch(text)
    try:
        return int(found[1]), tuple(float(edge) for edge in found.groups()[1:])
    except (TypeError, ValueError):
        raise ValueError(
            f"box {text!r} must be LABEL:y0,x0,y1,x1 in shares of the image's height "
            "and width, such as 7:0.1,0.1,0.4,0.4."
        ) from None
