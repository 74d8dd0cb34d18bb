"""The models: one adversarial algorithm per file, each a `keras.Model`."""

from ganzoo.gans.base import AdversarialModel
from ganzoo.gans.discogan import DiscoGAN
from ganzoo.gans.gan import GAN
from ganzoo.gans.infogan import InfoGAN
from ganzoo.gans.layout_gan import LayoutGAN
from ganzoo.gans.simgan import SimGAN
from ganzoo.gans.unrolled import UnrolledGAN

__all__ = [
    "GAN",
    "AdversarialModel",
    "DiscoGAN",
    "InfoGAN",
    "LayoutGAN",
    "SimGAN",
    "UnrolledGAN",
]
