"""The games: one adversarial algorithm a file, each a `keras.Model`."""

from ganzoo.gans.discogan import DiscoGAN
from ganzoo.gans.game import Game
from ganzoo.gans.gan import GAN
from ganzoo.gans.infogan import InfoGAN
from ganzoo.gans.layout import LayoutGAN
from ganzoo.gans.simgan import SimGAN
from ganzoo.gans.unrolled import UnrolledGAN

__all__ = ["GAN", "DiscoGAN", "Game", "InfoGAN", "LayoutGAN", "SimGAN", "UnrolledGAN"]
