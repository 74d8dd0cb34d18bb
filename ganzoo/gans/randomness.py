"""Checks that layers' random numbers and state are functions of the step.

A resumed run equals the uninterrupted one only if a layer's random numbers follow from
the step and its state is saved with the weights. Results are independent of the number
of replicas only if these draw different numbers. Keras's own layers are known; custom
layers are traced once and inspected.
"""

import types
from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend, distribute
from ganzoo.gans.comparisons import warn_of_comparisons
from ganzoo.layers import Dropout, random_scope
from ganzoo.random import StepRandom

_ROWS = 8  # batch size for tracing a network
_FOREIGN = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
REMEDY = (
    "keep a generator in the layer (self.seeds = keras.random.SeedGenerator(seed) in "
    "__init__) and draw with keras.random and seed=self.seeds; otherwise a run cannot "
    "be resumed"
)


def stock_seed_generators(*networks: keras.Layer) -> list[keras.random.SeedGenerator]:
    """Returns the seed generators of all layers, whatever attributes hold them.

    Those of `ganzoo.layers.Dropout` are left out: it takes its numbers from the step.
    """
    found: dict[int, keras.random.SeedGenerator] = {}
    for network in networks:
        for layer in network._flatten_layers():
            if not isinstance(layer, Dropout):
                found |= {id(seeds): seeds for seeds in layer._seed_generators}
    return list(found.values())


def reseed(generators: list[keras.random.SeedGenerator], random: StepRandom) -> None:
    """Sets these generators to states that are functions of the step."""
    for number, generator in enumerate(generators):
        words = backend.key_words(random.fold(number).key)
        generator.state.assign(ops.cast(words, generator.state.dtype))


def check_layers(name: str, network: keras.Layer, *inputs: KerasTensor) -> None:
    """Checks that a run with this network can resume, on any number of replicas.

    No layer's random numbers or state may be lost on resuming, or depend on the number
    of replicas.

    Args:
        name: The network's name in messages.
        network: A built network.
        *inputs: Its symbolic inputs.
    """
    layers = network._flatten_layers()
    for layer in layers:
        _check_kind(name, layer)
    if distribute.num_replicas() > 1:
        warn_of_comparisons(name, layers)
    seeds = stock_seed_generators(network)
    several = distribute.num_replicas() > 1 and bool(seeds)
    if not several and not any(map(_foreign, layers)):
        return
    constants, updated = _traced(name, network, inputs)
    _check_updates(name, network, updated)
    if constants != _traced(name, network, inputs)[0]:
        raise ValueError(
            f"The {name} changes each time it is traced: numbers drawn in Python "
            f"(numpy.random, random, time) become constants in it; {REMEDY}."
        )
    if several:
        _check_replicas(name, layers, updated)


def _check_kind(name: str, layer: keras.Layer) -> None:
    """Refuses Keras layers that are wrong in adversarial training."""
    replicas = distribute.num_replicas()
    if isinstance(layer, keras.layers.SpectralNormalization):
        raise ValueError(
            f"{layer.name} of the {name} is keras.layers.SpectralNormalization, which "
            "overwrites the kernel whenever it is called: real and generated images "
            "would get different weights, and the generator's step would change the "
            "discriminator. Use ganzoo.layers.SpectralNormalization."
        )
    if isinstance(layer, keras.layers.RNN) and layer.stateful:
        raise ValueError(
            f"{layer.name} of the {name} has stateful=True: its state would carry over "
            "from real images to generated ones, and is not saved with the weights. "
            "Leave it out."
        )
    if type(layer).__name__ == "AugMix":  # newer than our oldest Keras
        raise ValueError(
            f"{layer.name} of the {name} is keras.layers.AugMix, which draws from "
            "Python's random when it is traced: it would repeat one augmentation, and "
            "a different one after resuming. Use keras.layers.RandAugment."
        )
    normalizes = isinstance(layer, keras.layers.BatchNormalization)
    if normalizes and replicas > 1 and layer.trainable and not layer.synchronized:
        raise ValueError(
            f"{layer.name} of the {name} normalizes each replica's images separately, "
            f"so the result depends on the number of replicas, {replicas}. Use "
            "ganzoo.layers.BatchNormalization, or synchronized=True."
        )


def _foreign(layer: keras.Layer) -> bool:
    """Returns whether a layer contains code from outside of Keras and ganzoo."""
    parts: list[Any] = [type(layer), *map(type, getattr(layer, "operations", ()))]
    parts += [v for v in vars(layer).values() if isinstance(v, types.FunctionType)]
    known = all(part.__module__.split(".")[0] in ("keras", "ganzoo") for part in parts)
    return not known or type(layer).__name__ in _FOREIGN


def _traced(
    name: str, network: keras.Layer, inputs: Sequence[KerasTensor]
) -> tuple[list, list[keras.Variable]]:
    """Returns the constants of a call in training, and the variables it assigns."""
    if keras.config.backend() == "tensorflow":
        from ganzoo.gans.on_tensorflow import graphs
    else:
        from ganzoo.gans.on_jax import graphs  # type: ignore[no-redef]
    static = [
        KerasTensor((tensor.shape[0] or _ROWS, *tensor.shape[1:]), tensor.dtype)
        for tensor in inputs
    ]

    def call(*tensors: KerasTensor) -> Any:
        fed = tensors[0] if len(tensors) == 1 else list(tensors)
        return network(fed, training=True)

    with backend.Scope() as scope, random_scope(StepRandom.root(0)):
        constants = graphs.constants(call, static, name)
    return constants, list(scope.assigned.values())


def _check_updates(
    name: str, network: keras.Layer, updated: list[keras.Variable]
) -> None:
    known = {id(variable) for variable in network.variables}
    for variable in updated:
        if id(variable) in known:
            continue
        if variable.name == "seed_generator_state":
            raise ValueError(
                f"The {name} draws random numbers from a seed generator that none of "
                "its layers holds (keras.random without a seed draws from a global "
                f"one); {REMEDY}."
            )
        raise ValueError(
            f"The {name} changes the variable {variable.path!r}, which is not saved "
            "with its weights. Create it with self.add_weight(..., trainable=False)."
        )


def _check_replicas(name: str, layers: list, updated: list[keras.Variable]) -> None:
    updated_ids = {id(variable) for variable in updated}
    for layer in layers:
        if isinstance(layer, Dropout):
            continue
        if any(id(seeds.state) in updated_ids for seeds in layer._seed_generators):
            raise ValueError(
                f"{layer.name} of the {name} is a {type(layer).__name__}, which draws "
                "the same random numbers on each of the "
                f"{distribute.num_replicas()} replicas. Use ganzoo.layers.Dropout, a "
                "custom layer that draws from ganzoo.layers.current_random(), or one "
                "replica."
            )
