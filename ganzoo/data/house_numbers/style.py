"""Ranges of variation of drawn house numbers, and two presets."""

import dataclasses
import math
from numbers import Real

from ganzoo.data.images import DataError

Range = tuple[float, float]
# A tight crop shows at most two neighbors on either side.
MOST_DIGITS = 5


@dataclasses.dataclass(frozen=True)
class Style:
    """Ranges (lowest, highest) that each image draws its own values from.

    By default only the font varies: upright light digits on a dark wall. Values are
    uniform in their range except for those marked "mostly low" (the place in the range
    is the square of a uniform number: half of the values lie in the lowest quarter) or
    "mostly middle" (the mean of two uniform numbers). A fraction is the probability
    that an image has a feature at all. Lengths are in heights of the digit unless noted
    otherwise, gray values in [0, 1].

    Raises:
        DataError: A value is not such a range or fraction.
    """

    name: str
    """Name for reports."""

    # The number.
    digits: tuple[int, int] = (1, 1)
    """Digits of the number, 1 to 5. The label is any one of them, and centered."""
    height: Range = (0.75, 0.75)
    """Height of the digit as a fraction of the image's."""
    position: Range = (0, 0)
    """Offset of the digit's center from the image's, as a fraction of the image, in
    either direction, mostly middle."""
    width: Range = (1, 1)
    """Factor by which the digits are stretched sideways, mostly middle."""
    weight: Range = (0, 0)
    """Width that strokes gain on either side."""
    pens: float = 0.0
    """Fraction of images whose digits are drawn by a pen (see `pens`), not a font."""
    rotation: Range = (0, 0)
    """Angle in degrees, counterclockwise, mostly middle."""
    shear: Range = (0, 0)
    """Tangent of the angle by which upright strokes slant to the right, mostly
    middle."""
    perspective: Range = (0, 0)
    """Relative growth in size per digit height, to the right and downwards, mostly
    middle."""
    wobble: Range = (0, 0)
    """Amplitude of a smooth bending of all lines, mostly middle."""
    gap: Range = (0.1, 0.1)
    """Gap between two digits."""
    baseline: Range = (0, 0)
    """Offset of each neighbor above or below the label's digit."""

    # The colors.
    lightness: Range = (0.2, 0.2)
    """Mean over the channels of the wall's color."""
    contrast: Range = (0.7, 0.7)
    """Difference in lightness between digits and wall, mostly low."""
    saturation: Range = (0, 0)
    """Saturation of every color, mostly low; hues are independent."""
    gradient: Range = (0, 0)
    """Rise of the wall's lightness across the image, in any direction."""
    texture: Range = (0, 0)
    """Standard deviation of smooth blotches on the wall, mostly low."""

    # Other objects.
    plate: float = 0.0
    """Fraction of images that show the edges of a plate around the number."""
    bars: float = 0.0
    """Fraction of images with one or two bars of any place and direction."""
    outline: float = 0.0
    """Fraction of images whose digits are outlined in another color."""
    shadow: float = 0.0
    """Fraction of images whose digits cast a shadow."""
    shade: float = 0.0
    """Fraction of images darkened beyond a straight edge."""

    # The photograph.
    grain: Range = (0, 0)
    """Standard deviation of noise before the blur, mostly low."""
    compression: Range = (0, 0)
    """Steps that JPEG rounds the lowest frequencies to, mostly low."""
    blur: Range = (0, 0)
    """Standard deviation in pixels, mostly low."""
    motion: Range = (0, 0)
    """Standard deviation in pixels of motion blur along one axis, mostly low."""
    sharpening: Range = (0, 0)
    """Strength of the halos that a camera's sharpening leaves, mostly low."""
    fringe: Range = (0, 0)
    """Distance in pixels between red and blue at an edge, mostly low."""
    noise: Range = (0, 0)
    """Standard deviation of noise after the blur, mostly low."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if field.type == Range:
                self._check_range(field.name)
            elif field.type is float:
                self._check_fraction(field.name)
        self._check_digits()

    def _check_range(self, name: str) -> None:
        value, least = getattr(self, name), _least(name)
        if not (_is_pair(value) and least <= value[0] <= value[1]):
            above = f" of at least {least:g}" if least > -math.inf else ""
            raise DataError(
                f"{name}={value!r} of the style {self.name!r} must be a range (lowest, "
                f"highest){above}."
            )

    def _check_fraction(self, name: str) -> None:
        value = getattr(self, name)
        if not (isinstance(value, Real) and 0 <= float(value) <= 1):
            raise DataError(
                f"{name}={value!r} of the style {self.name!r} must be a fraction of "
                "the images, 0 to 1."
            )

    def _check_digits(self) -> None:
        value = self.digits
        whole = _is_pair(value) and all(isinstance(number, int) for number in value)
        if not (whole and 1 <= value[0] <= value[1] <= MOST_DIGITS):
            raise DataError(
                f"digits={value!r} of the style {self.name!r} must be two whole "
                f"numbers (fewest, most), 1 to {MOST_DIGITS}."
            )


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and all(isinstance(number, Real) and math.isfinite(number) for number in value)
    )


def _least(name: str) -> float:
    """Returns the smallest meaningful value; most ranges are of amounts."""
    if name in ("height", "width"):
        return 0.1
    signed = ("position", "weight", "rotation", "shear", "perspective", "gap")
    return -math.inf if name in signed else 0.0


SOURCE = Style(
    "source",
    digits=(1, 3),
    height=(0.5, 0.95),
    position=(-0.12, 0.12),
    rotation=(-20, 20),
    gap=(0.05, 0.4),
    baseline=(0, 0.2),
    lightness=(0, 1),
    contrast=(0.15, 1),
    saturation=(0, 0.5),
    noise=(0, 0.15),
)
"""The variations of the paper on SVHN training images: position, size, font, rotation
and color of the digit, color of the background, noise, parts of neighboring digits."""

RICH = Style(
    "rich",
    digits=(1, 3),
    height=(0.5, 0.95),
    position=(-0.1, 0.1),
    width=(0.4, 1.2),
    weight=(-0.015, 0.035),
    pens=0.5,
    rotation=(-15, 15),
    shear=(-0.25, 0.45),
    perspective=(-0.2, 0.2),
    wobble=(0, 0.04),
    gap=(0.03, 0.25),
    baseline=(0, 0.05),
    lightness=(0.1, 0.9),
    contrast=(0.07, 0.8),
    saturation=(0, 0.3),
    gradient=(0, 0.25),
    texture=(0, 0.06),
    plate=0.25,
    bars=0.3,
    outline=0.12,
    shadow=0.2,
    shade=0.15,
    grain=(0, 0.08),
    compression=(0, 0.1),
    blur=(0.4, 2.5),
    motion=(0, 1.5),
    sharpening=(0, 0.6),
    fringe=(0, 1.5),
    noise=(0, 0.03),
)
"""Adds the variations of Ganin et al. 2016 ("Domain-adversarial training of neural
networks") in their synthetic numbers: number of digits, stroke colors, blur. Also adds
what photographs of house numbers show: iron and enamel lettering, plates, slant,
shadows, low contrast, strong blur, halos, compression."""

STYLES = {style.name: style for style in (SOURCE, RICH)}
