"""Starting from trained networks: taking their weights, freezing their first layers."""

import dataclasses
from collections.abc import Iterator

import keras


@dataclasses.dataclass(frozen=True)
class Transfer:
    """What a network took from a trained one; `str()` is one line about it.

    Attributes:
        taken: Names of the weights that were copied, as "layer/weight".
        new: Names of the weights that kept their initial values.
        taken_numbers: Number of numbers in the weights that were copied.
        numbers: Number of numbers in all weights.
    """

    taken: tuple[str, ...]
    new: tuple[str, ...]
    taken_numbers: int
    numbers: int

    def __str__(self) -> str:
        whole = len(self.taken) + len(self.new)
        share = self.taken_numbers / max(self.numbers, 1)
        line = f"{len(self.taken)} of {whole} weights taken, {share:.0%} of all numbers"
        return f"{line}; new: {', '.join(self.new)}." if self.new else f"{line}."


def take_weights(network: keras.Model, trained: keras.Model) -> Transfer:
    """Copies the weights of a trained network that fit another one.

    Those fit that have the same name in a layer of the same name, and the same shape.
    So networks of another size, or with other classes, take what they have in common.

    Args:
        network: The network that takes the weights.
        trained: The network that has them; it stays as it is.

    Raises:
        ValueError: Nothing fits.
    """
    known = dict(_named_weights(trained))
    taken, new, numbers = [], [], 0
    for name, weight in _named_weights(network):
        found = known.get(name)
        if found is None or tuple(found.shape) != tuple(weight.shape):
            new.append(name)
            continue
        weight.assign(keras.ops.convert_to_numpy(found))
        taken.append(name)
        numbers += _size(weight)
    if not taken:
        raise ValueError(
            f"No weight of {trained.name!r} fits {network.name!r}: no layers have the "
            "same name and shape. Build both with the same function, with the same "
            "width."
        )
    everything = sum(_size(weight) for _, weight in _named_weights(network))
    return Transfer(tuple(taken), tuple(new), numbers, everything)


def freeze_first(network: keras.Model, fraction: float = 0.5) -> tuple[str, ...]:
    """Freezes the first layers of a discriminator (FreezeD; Mo et al. 2020).

    When a trained GAN learns from a few images of another kind, the first layers of its
    discriminator, which see edges and textures, stay as they are: "Freeze the
    Discriminator: a Simple Baseline for Fine-Tuning GANs". Call it before `compile()`,
    and again before the weights of a run are loaded to resume it; a `.keras` file keeps
    it.

    Args:
        network: Any network; its layers with weights are counted from the input.
        fraction: Fraction of them to freeze, in [0, 1); 0 makes all trainable.

    Returns:
        The names of the frozen layers.

    Raises:
        ValueError: The fraction is outside of [0, 1).
    """
    if not 0 <= fraction < 1:
        raise ValueError(
            f"fraction={fraction!r} must be in [0, 1): 0 freezes no layer, and at "
            "least one must learn."
        )
    with_weights = [layer for layer in network.layers if layer.weights]
    count = int(fraction * len(with_weights))
    for number, layer in enumerate(with_weights):
        layer.trainable = number >= count
    return tuple(layer.name for layer in with_weights[:count])


def _named_weights(network: keras.Model) -> Iterator[tuple[str, keras.Variable]]:
    """Yields all weights with their names, unique in the network."""
    for layer in network.layers:
        for number, weight in enumerate(layer.weights):
            # A layer inside may have weights of equal names.
            path = weight.path.rpartition(f"{layer.name}/")[2]
            yield f"{layer.name}/{path or number}", weight


def _size(weight: keras.Variable) -> int:
    return int(keras.ops.size(weight))
