"""A GAN of your own images: a folder, a zip, an .npz or a TFDS set, of any size.

    python -m ganzoo train photos --size 64 --output runs/photos

The pictures are cropped and resized, and a GAN is trained on them for two hours, or
until Ctrl-C; the same command resumes. The networks are plain convolutions, batch
normalization is in the generator only, the discriminator sees few pictures augmented,
and samples come from an average of the weights. Folders of classes make the GAN
conditional.
"""

from typing import TYPE_CHECKING

from experiments import harness
from experiments.own_images.config import Config
from ganzoo import lazy

if TYPE_CHECKING:
    from experiments.own_images.train import EXPERIMENT

PAPER = harness.Paper(
    name="own_images",
    description=__doc__,
    commands={"": harness.LazyCommand(Config, f"{__name__}.train")},
)
run = PAPER.run

__all__ = ["EXPERIMENT", "PAPER", "Config", "run"]
__getattr__, __dir__ = lazy.attach(__name__, {"train": ("EXPERIMENT",)})
