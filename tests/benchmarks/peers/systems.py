"""Systems and contestants. Imports neither TensorFlow nor PyTorch."""

import dataclasses
import importlib

KINDS = ("float32", "bfloat16")


@dataclasses.dataclass(frozen=True)
class System:
    """A pair of networks with the settings of their optimizers.

    Attributes:
        name: Name of the system.
        shape: Height, width and channels of an image.
        latent_dim: Dimension of the noise.
        learning_rate: Adam's learning rate for both networks.
        beta_1: Adam's first decay rate for both networks.
        classifier: Name of the feature extractor; see `metrics.load_classifier`.
    """

    name: str
    shape: tuple[int, int, int]
    latent_dim: int
    learning_rate: float
    beta_1: float
    classifier: str


@dataclasses.dataclass(frozen=True)
class Task:
    """The training of a system.

    Attributes:
        system: The system.
        kind: Number format, float32 or bfloat16.
        batch_size: Real images per step.
        seed: Seed of weights, batches and noise.
        images: Path of an .npy file, uint8 `[n, height, width, channels]`.
    """

    system: System
    kind: str
    batch_size: int
    seed: int
    images: str

    @property
    def policy(self) -> str:
        """Keras's dtype policy for the number format."""
        return "mixed_bfloat16" if self.kind == "bfloat16" else "float32"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A contestant, built by `build(task, **arguments)` in a module of this package.

    The contestant has `train(goes_on)`, which calls `goes_on` after every step to ask
    whether to continue, and `generate(count)`, which returns images of the raw weights,
    uint8.

    Attributes:
        module: Name of the module.
        update: Our name for its update.
        arguments: Arguments of `build`.
    """

    module: str
    update: str
    arguments: dict = dataclasses.field(default_factory=dict)

    def build(self, task: Task):
        """Builds the contestant, importing its library."""
        module = importlib.import_module(f"{__package__}.{self.module}")
        return module.build(task, **self.arguments)

    def averaged(self) -> "Entry":
        """Returns the entry with averaged weights if it is ours, else unchanged."""
        if self.module != "ours":
            return self
        return dataclasses.replace(self, arguments=self.arguments | {"average": True})


SYSTEMS = {
    "mnist": System("mnist", (28, 28, 1), 100, 1e-4, 0.5, "mnist"),
    "cifar10": System("cifar10", (32, 32, 3), 128, 2e-4, 0.5, "cifar10"),
}

SIMULTANEOUS, ALTERNATING = "simultaneous", "alternating"
OURS = {SIMULTANEOUS: "ganzoo", ALTERNATING: "ganzoo alternating"}
CONTESTANTS = {
    OURS[SIMULTANEOUS]: Entry("ours", SIMULTANEOUS, {"update": SIMULTANEOUS}),
    "TF tutorial": Entry("tutorial", SIMULTANEOUS),
    "PyTorch eager": Entry("pytorch", SIMULTANEOUS, {"channels_last": False}),
    "PyTorch channels last": Entry("pytorch", SIMULTANEOUS),
    "PyTorch compiled": Entry("pytorch", SIMULTANEOUS, {"compiled": True}),
    OURS[ALTERNATING]: Entry("ours", ALTERNATING, {"update": ALTERNATING}),
    "keras-io": Entry("keras_io", ALTERNATING),
}
