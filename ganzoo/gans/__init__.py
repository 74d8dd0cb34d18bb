"""The games: one adversarial algorithm a file, each a `keras.Model`."""

from ganzoo.gans.game import Game
from ganzoo.gans.gan import GAN

__all__ = ["GAN", "Game"]
