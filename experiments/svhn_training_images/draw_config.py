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
    """What varies: source, as in the source, or rich, as in Syn Numbers, too."""
    count: Count = 10 * PER_CLASS
    """Number of images; image i shows the digit i % 10."""
    seed: Number = 0
    """Seed of the images."""
    fonts: str = "matplotlib"
    """matplotlib, for its own; system, for all installed; or a folder of fonts."""
    smoke: bool = False
    """Draw few images, to see that it works."""

    def check(self) -> None:
        """Validates the configuration."""
        self.check_values()

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        runs.local(self.output)
        validation.check_fields(self)
