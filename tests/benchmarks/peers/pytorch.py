"""The same networks and simultaneous update in PyTorch."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from tests.benchmarks import torch_step
from tests.benchmarks.peers.systems import System, Task

# Those of Keras's batch normalization; PyTorch's momentum is 1 minus Keras's.
EPSILON, MOMENTUM = 1e-3, 0.01


def networks(system: System) -> tuple[nn.Module, nn.Module]:
    """Returns a system's generator and discriminator, initialized like ours."""
    if system.name == "mnist":
        pair = torch_step.generator(), torch_step.discriminator()
        initialize = nn.init.xavier_uniform_
    else:
        pair = cifar10_generator(), cifar10_discriminator()
        initialize = _normal
    for network in pair:
        for module in network.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                initialize(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.eps, module.momentum = EPSILON, MOMENTUM
    return pair


def cifar10_generator() -> nn.Sequential:
    """Builds the same network as `ganzoo.networks.cifar10_dcgan_generator`."""

    def transposed(channels: int, filters: int, bias: bool = False) -> nn.Module:
        return nn.ConvTranspose2d(
            channels, filters, 5, 2, 2, output_padding=1, bias=bias
        )

    return nn.Sequential(
        nn.Linear(128, 4 * 4 * 256, bias=False),
        nn.Unflatten(1, (256, 4, 4)),
        nn.BatchNorm2d(256),
        nn.ReLU(),
        transposed(256, 128),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        transposed(128, 64),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        transposed(64, 3, bias=True),
        nn.Tanh(),
    )


def cifar10_discriminator() -> nn.Sequential:
    """Builds the same network as `ganzoo.networks.cifar10_dcgan_discriminator`."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 5, 2, padding=2),
        nn.LeakyReLU(0.01),
        nn.Conv2d(64, 128, 5, 2, padding=2, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.01),
        nn.Conv2d(128, 256, 5, 2, padding=2, bias=False),
        nn.BatchNorm2d(256),
        nn.LeakyReLU(0.01),
        nn.Flatten(),
        nn.Linear(4 * 4 * 256, 1),
    )


def _normal(weight: torch.Tensor) -> None:
    nn.init.normal_(weight, std=0.02)


class PyTorch:
    """The model of `torch_step` and its batches."""

    def __init__(self, task: Task, channels_last: bool, compiled: bool):
        layout = torch.channels_last if channels_last else torch.contiguous_format
        system = task.system
        self.gan = torch_step.TorchGAN(
            task.kind,
            layout,
            compiled,
            networks=lambda: networks(system),
            adam={"lr": system.learning_rate, "betas": (system.beta_1, 0.999)},
            seed=task.seed,
        )
        self.layout = layout
        self.batch_size = task.batch_size
        self.images = torch.from_numpy(np.load(task.images)).permute(0, 3, 1, 2)

    def batches(self) -> Iterator[torch.Tensor]:
        """Yields the batches of an epoch, float32 in [-1, 1]."""
        order = torch.randperm(len(self.images))
        steps = len(order) // self.batch_size
        for rows in order[: steps * self.batch_size].split(self.batch_size):
            real = self.images[rows].float() / 127.5 - 1
            yield real.contiguous(memory_format=self.layout)

    def train(self, goes_on: Callable[[], bool]) -> None:
        """Trains epoch after epoch."""
        while True:
            for real in self.batches():
                self.gan.step(real)
                if not goes_on():
                    return

    @torch.no_grad()
    def generate(self, count: int) -> np.ndarray:
        """Generates images, uint8."""
        generator = self.gan.generator.eval()
        batches = [
            generator(torch.randn(min(250, count - start), self.gan.latent_dim))
            for start in range(0, count, 250)
        ]
        generator.train()
        images = torch.round((torch.cat(batches) + 1) * 127.5).to(torch.uint8)
        return images.permute(0, 2, 3, 1).numpy()


def build(task: Task, channels_last: bool = True, compiled: bool = False) -> PyTorch:
    """Builds the contestant."""
    return PyTorch(task, channels_last, compiled)
