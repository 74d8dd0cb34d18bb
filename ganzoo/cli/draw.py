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
    """Generate objects with chosen labels in chosen boxes, later over earlier ones.

    Args:
        name: A generator of objects in boxes.
        box: LABEL:y0,x0,y1,x1 as fractions of the image's height and width, from the
            upper left, such as 7:0.1,0.1,0.4,0.4; give --box once per object.
        count: Number of images, from different noise.
        seed: Seed of the noise; the same seed gives the same images.
        scale: Size of a pixel.
        output: PNG file to write.
    """
    if not box:
        raise ValueError('No box given; pass --box "7:0.1,0.1,0.4,0.4".')
    labels, boxes = zip(*map(read_box, box), strict=True)
    shape = zoo.image_shape(name)
    plots.check_path(output)
    plots.check_grid(count, shape, scale=scale)
    images = zoo.draw(name, labels, boxes, count, seed=seed)
    grid = images[0] if count == 1 else plots.tile(images)
    plots.save_image(output, grid, scale=scale)
    print(f"{', '.join(map(str, labels))} by {name}, seed {seed}: {output}")


def read_box(text: str) -> tuple[int, tuple[float, ...]]:
    """Reads label and box (y0, x0, y1, x1) of an object: "7:0.1,0.1,0.4,0.4"."""
    found = _FORM.fullmatch(text)
    wrong = ValueError(
        f"box {text!r} must be LABEL:y0,x0,y1,x1 as fractions of the image's height "
        "and width, such as 7:0.1,0.1,0.4,0.4."
    )
    if found is None:
        raise wrong
    try:
        return int(found[1]), tuple(float(edge) for edge in found.groups()[1:])
    except ValueError:
        raise wrong from None
