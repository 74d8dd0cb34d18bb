"""The configuration: what is trained on, for how long, and by which recipe."""

import dataclasses
import re
from typing import Annotated

import tyro

from experiments import harness
from experiments.harness.validation import (
    Bound,
    Count,
    Fraction,
    Number,
    OneOf,
    Positive,
    at_least,
    between,
)

SIZES = range(16, 129, 16)
RECIPES = OneOf(("modern", "dcgan"))
# The fields of the configuration that a recipe sets, unless the user sets them.
# Radford et al. 2016, with the batch of 64 that suits small sets.
DCGAN = {
    "penalty": None,
    "penalty_interval": 1,
    "batch_size": 64,
    "generator_learning_rate": 2e-4,
    "discriminator_learning_rate": 2e-4,
    "width": 64,
    "unconditional": True,
    "augment": "none",
    "ema_half_life": None,
}
FEW = 5_000  # images, up to which the discriminator sees them augmented
SMOKE = {
    "hours": None,
    "epochs": 2,
    "epoch_steps": 5,
    "batch_size": 8,
    "width": 8,
    "measure_samples": 50,
    "measure_every_images": 1,
    "sample_count": 16,
}


def read_size(text: str) -> tuple[int, int] | None:
    """Returns height and width of "64" or "96x64"; None if they are no such size."""
    found = re.fullmatch(r"(\d{1,4})(?:x(\d{1,4}))?", text)
    if found is None:
        return None
    height = int(found[1])
    size = height, int(found[2] or height)
    return size if all(edge in SIZES for edge in size) else None


@dataclasses.dataclass(frozen=True)
class Config(harness.GanConfig, harness.SamplingConfig, harness.EpochStepsConfig):
    """A GAN of your own images."""

    least_samples = 16

    dataset: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="PICTURES")] = (
        "digits"
    )
    """A folder of pictures or of class sub-folders, a zip of it, an .npz file, a TFDS
    name, or "digits" (embedded)."""
    output: str = "runs/own_images"
    """The run folder. Running the same command again resumes the run."""
    size: Annotated[
        str, Bound('16 to 128 in steps of 16, such as "64" or "96x64"', read_size)
    ] = "64"
    """Height and width that pictures are resized to: 16 to 128 in steps of 16; 96x64
    is higher than wide."""
    fit: Annotated[str, OneOf(("crop", "pad"))] = "crop"
    """crop the middle of pictures of another shape, or pad them."""
    background: Annotated[int, between(0, 255)] = 255
    """Gray value behind transparent and padded parts: 0 is black, 255 white."""
    transparent: bool = False
    """Keep transparency, as a fourth channel."""
    unconditional: bool = False
    """Ignore classes. Otherwise the GAN learns to generate each class."""
    hours: Positive | None = 2.0
    """Hours of training, without sampling and metrics; a larger number resumes a
    finished run. With "None" it trains until Ctrl-C."""
    recipe: Annotated[str, RECIPES] = "modern"
    """modern, or dcgan (Radford et al. 2016) for comparison, which also sets the
    fields below, unless they are given."""
    start_from: Annotated[str | None, tyro.conf.arg(name="from")] = None
    """Run folder, .keras file or zoo name whose weights the training starts from."""
    freeze: Fraction = 0.0
    """With --from: fraction of the discriminator's layers, from the pixels on, that are
    not trained further (FreezeD, Mo et al. 2020)."""
    width: Count = 32
    """Channels of the networks' finest layers; more is slower and better."""
    attention: bool = False
    """Add self-attention to both networks (Zhang et al. 2018)."""
    spectral_norm: bool = False
    """Spectral normalization of the discriminator (Miyato et al. 2018)."""
    mirror: bool = False
    """Also train on every picture mirrored left to right."""
    augment: Annotated[str, OneOf(("auto", "none", "diff"))] = "auto"
    """Augmentation of what the discriminator sees: none, diff (DiffAugment, Zhao et al.
    2020), or auto, which is diff for up to 5,000 pictures."""
    penalty: str | None = "r1(0.1)"
    penalty_interval: Count = 8
    """Train steps between two that compute the penalty, which counts as often."""
    update: str = "simultaneous"
    """simultaneous, which updates both networks after one forward pass, or
    alternating."""
    epochs: Count = 1_000_000
    """Epochs at most; usually the hours end the training."""
    epoch_steps: Count = 500
    """Train steps per epoch, whatever the number of pictures; samples follow each."""
    batch_size: Count = 32
    latent_dim: Count = 128
    generator_learning_rate: Positive = 1e-3
    discriminator_learning_rate: float = 5e-4
    ema_half_life: Positive | None = 20_000.0
    extractor: Annotated[
        str, OneOf(("pixels", "lite0", "fid", "fid-pytorch", "fid-clean"))
    ] = "pixels"
    """What sees the images whose distances are measured, and the best generator chosen:
    pixels, which needs nothing; lite0, an ImageNet network, which needs the extra of
    that name; or fid, which needs its weights (`python -m ganzoo fetch
    fid-inception`). Measure the result by another one, too."""
    measure_samples: Annotated[int, at_least(16)] = 2_000
    measure_every_images: Count = 100_000
    neighbors: Number = 20
    """Generated images whose nearest training images the report shows."""

    def __post_init__(self) -> None:
        if self.recipe != "dcgan":
            return
        for name, value in DCGAN.items():
            if getattr(self, name) == getattr(type(self), name):
                object.__setattr__(self, name, value)

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        height, width = self.shape[:2]
        if self.recipe == "dcgan" and (
            height != width or height not in (16, 32, 64, 128)
        ):
            raise ValueError(
                f"size={self.size} must be 16, 32, 64 or 128 for --recipe dcgan, which "
                "doubles 4x4."
            )
        if self.freeze and self.start_from is None:
            raise ValueError(
                f"freeze={self.freeze} keeps layers as they are, so it needs --from, "
                "which gives them weights."
            )
        if self.transparent and self.extractor != "pixels":
            raise ValueError(
                f"extractor={self.extractor} takes gray and color images: leave out "
                "--transparent, or measure by pixels."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images; gray ones have only one channel."""
        height, width = read_size(self.size) or (0, 0)
        return height, width, 4 if self.transparent else 3
