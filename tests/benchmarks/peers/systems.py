"""What is trained, and who trains it. Imports neither TensorFlow nor PyTorch."""

import dataclasses
import importlib

KINDS = ("float32", "bfloat16")


@dataclasses.dataclass(frozen=True)
class System:
    """A pair of networks, and how both learn.

    Attributes:
        shape: Height, width and channels of an image.
        latent_dim: Size of the noise.
        learning_rate: Adam's, for both players.
        beta_1: Adam's first decay rate, for both players.
        classifier: What samples are measured through; see `metrics.load_classifier`.
    """

    name: str
    shape: tuple[int, int, int]
    latent_dim: int
    learning_rate: float
    beta_1: float
    classifier: str


@dataclasses.dataclass(frozen=True)
class Task:
    """A training of a system.

    Attributes:
        kind: float32 or bfloat16.
        images: Path of an .npy file, uint8 `[n, height, width, channels]`.
    """

    system: System
    kind: str
    batch_size: int
    seed: int
    images: str

    @property
    def policy(self) -> str:
        """Keras's name of the kind."""
        return "mixed_bfloat16" if self.kind == "bfloat16" else "float32"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A contestant: `build(task, **arguments)` of a module of this package.

    What it returns has `train(goes_on)`, which asks after every step whether it goes
    on, and `generate(count)`, uint8 images from the weights as they are.
    """

    module: str
    update: str
    arguments: dict = dataclasses.field(default_factory=dict)

    def build(self, task: Task):
        """Builds it; only now its library is imported."""
        module = importlib.import_module(f"{__package__}.{self.module}")
        return module.build(task, **self.arguments)

    def averaged(self) -> "Entry":
        """Returns the entry measured by the average of its weights, if it is ours."""
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
