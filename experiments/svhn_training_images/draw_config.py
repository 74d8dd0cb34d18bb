"""The configuration of draw."""

import dataclasses
from typing import Annotated

from experiments.harness import validation
from experiments.harness.validation import Count, Number
from experiments.svhn_training_images.config import FOLDER, PER_CLASS, STYLES
from ganzoo import runs


@dataclasses.dataclass(frozen=True)
class Draw:
    """A labeled set of drawn house numbers, as an .npz file."""

    output: str = f"{FOLDER}/draw"
    """Folder of the file and its report."""
    style: Annotated[str, STYLES] = "rich"
    """What varies: source, as in the source, or rich, also what varies in the data set
    Syn Numbers."""
    count: Count = 10 * PER_CLASS
    """Number of images; image i shows the digit i % 10."""
    seed: Number = 0
    """Seed of the images."""
    fonts: str = "matplotlib"
    """matplotlib, those of Matplotlib; system, all installed fonts; or a folder."""
    smoke: bool = False
    """Draw few images, as a test."""

    def check(self) -> None:
        """Validates the configuration."""
        self.check_values()

    def check_values(self) -> None:
        """Validates the configuration; see `harness.Config.check`."""
        runs.local(self.output)
        validation.check_fields(self)
