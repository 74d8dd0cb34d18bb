"""The protocol for layouts, on anyone's images: see docs/layouts.md.

    python -m experiments.multi_digit_mnist.protocol
    python -m experiments.multi_digit_mnist.protocol --images mine.npz
    python -m experiments.multi_digit_mnist.protocol --generator multi_digit_mnist

The first command writes the labels and boxes that are asked for, by situation. Generate
an image for each, by any program, and give the images to the second one. The third one
measures a generator of the zoo.
"""

import dataclasses
from pathlib import Path

from experiments.harness import LazyCommand, command
from experiments.multi_digit_mnist.config import FIGURE_1


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    images: Path | None = None
    """An .npz with an array per situation, uint8 [count, size, size, 1]."""
    generator: str | None = None
    """A generator of the zoo that takes boxes."""
    layouts: Path = Path("layouts.npz")
    """Where the labels and boxes are written, if nothing is measured."""
    output: Path = Path("layouts.json")
    """Where the measures are written."""
    orders: tuple[str, ...] = FIGURE_1
    """Label orders that the generator was trained on; "seen" are these, "unseen" all
    others."""
    size: int = 64
    """Height and width of the images, in pixels."""
    digit_size: int = 24
    """Height and width of the digits on the grid, in pixels."""
    background: str = "cells"
    """Background of the real images: cells, plain or patterns."""
    count: int = 1000
    """Images per situation."""
    dataset: str = "mnist"
    """Real digits to compare with."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    readme: bool = False
    """Also write the table to RESULTS.md."""

    def check_values(self) -> None:
        """Refuses two things to measure, and a file that is not there.

        Raises:
            ValueError: One of these.
        """
        if self.images is not None and self.generator is not None:
            raise ValueError("images and generator are both given; give one of them.")
        if self.images is not None and not self.images.is_file():
            raise ValueError(f"There is no file images={self.images}.")


if __name__ == "__main__":
    command.run_tool(
        LazyCommand(Config, "experiments.multi_digit_mnist.layouts", "run", __doc__)
    )
