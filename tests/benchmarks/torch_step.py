"""The MNIST networks and their simultaneous update in PyTorch, for comparison."""

from collections.abc import Callable

import numpy as np
import torch
import torch._functorch.config
from torch import nn


def generator() -> nn.Sequential:
    """Builds the same network as `ganzoo.networks.mnist_generator`."""
    return nn.Sequential(
        nn.Linear(100, 7 * 7 * 256, bias=False),
        nn.BatchNorm1d(7 * 7 * 256),
        nn.LeakyReLU(0.3),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, padding=2, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, output_padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, 2, 2, output_padding=1, bias=False),
        nn.Tanh(),
    )


def discriminator() -> nn.Sequential:
    """Builds the same network as `ganzoo.networks.mnist_discriminator`."""
    return nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, padding=2),
        nn.LeakyReLU(0.3),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, padding=2),
        nn.LeakyReLU(0.3),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(7 * 7 * 128, 1),
    )


def mnist_networks() -> tuple[nn.Module, nn.Module]:
    """Returns the generator and the discriminator."""
    return generator(), discriminator()


class TorchGAN:
    """A generator and a discriminator with a simultaneous update."""

    def __init__(
        self,
        kind: str,
        layout: torch.memory_format,
        compiled: bool,
        *,
        networks: Callable[[], tuple[nn.Module, nn.Module]] = mnist_networks,
        adam: dict | None = None,
        seed: int = 0,
    ):
        torch.manual_seed(seed)
        self.kind = kind
        self.layout = layout
        pair = [network.to(memory_format=layout) for network in networks()]
        self.generator, self.discriminator = pair
        self.latent_dim = self.generator[0].in_features
        self.optimizers = [
            torch.optim.Adam(net.parameters(), fused=True, **(adam or {"lr": 1e-4}))
            for net in pair
        ]
        self.loss = nn.BCEWithLogitsLoss()
        # One forward pass has two backward passes; its buffers must survive the first.
        torch._functorch.config.donated_buffer = False
        self.losses = torch.compile(self.forward) if compiled else self.forward

    def forward(self, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns both losses from one forward pass of the generator."""
        half = torch.autocast("cpu", torch.bfloat16, enabled=self.kind == "bfloat16")
        with half:
            fake = self.generator(torch.randn(len(real), self.latent_dim))
            fake_logits = self.discriminator(fake).float()
            real_logits = self.discriminator(real).float()
        ones, zeros = torch.ones_like(real_logits), torch.zeros_like(real_logits)
        discriminator_loss = self.loss(real_logits, ones)
        discriminator_loss = discriminator_loss + self.loss(fake_logits, zeros)
        return discriminator_loss, self.loss(fake_logits, ones)

    def step(self, real: torch.Tensor) -> float:
        """Updates both networks, each with the gradient of its own loss."""
        discriminator_loss, generator_loss = self.losses(real)
        networks = (self.discriminator, self.generator)
        losses = (discriminator_loss, generator_loss)
        gradients = [
            torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
            for loss, network in zip(losses, networks, strict=True)
        ]
        for network, gradient in zip(networks, gradients, strict=True):
            for parameter, value in zip(network.parameters(), gradient, strict=True):
                parameter.grad = value
        for optimizer in self.optimizers:
            optimizer.step()
        return generator_loss.item()


def turns(kind: str, batch_size: int, images: np.ndarray) -> dict[str, Callable]:
    """Returns functions that run n steps, by name: eager, channels last, compiled."""
    rows = torch.from_numpy(images[:batch_size].copy()).permute(0, 3, 1, 2).float()
    variants = {
        "PyTorch eager": (torch.contiguous_format, False),
        "PyTorch channels last": (torch.channels_last, False),
        "PyTorch compiled": (torch.channels_last, True),
    }
    found = {}
    for name, (layout, compiled) in variants.items():
        gan = TorchGAN(kind, layout, compiled)
        real = (rows / 127.5 - 1).to(memory_format=layout)

        def turn(steps: int, gan=gan, real=real) -> None:
            for _ in range(steps):
                gan.step(real)

        found[name] = turn
    return found
