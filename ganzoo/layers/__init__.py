"""Keras layers that the networks need and Keras lacks."""

from ganzoo.layers.batch_normalization import BatchNormalization
from ganzoo.layers.dropout import Dropout, random_scope

__all__ = ["BatchNormalization", "Dropout", "random_scope"]
