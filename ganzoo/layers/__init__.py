"""Keras layers that the networks need and Keras lacks."""

from ganzoo.layers.dropout import Dropout, random_scope

__all__ = ["Dropout", "random_scope"]
