"""What a `.keras` file stores about a model in addition to its weights."""

import inspect
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import keras

from ganzoo import losses, penalties


def compile_config(model: keras.Model) -> dict:
    """Returns the arguments of `compile()`, serialized; see `AdversarialModel`."""
    if not model.compiled:
        return {}
    unregistered = unregistered_parts(model.adversarial_loss, model.penalty)
    if unregistered:
        warnings.warn(
            f"A .keras file cannot hold {', '.join(unregistered)}: register it with "
            "@keras.saving.register_keras_serializable(), or compile() the model again "
            "when it is loaded. To keep the same optimizers use save_weights().",
            stacklevel=3,
        )
        return {}
    kept = {
        "generator_optimizer": model.generator_optimizer,
        "discriminator_optimizer": model.discriminator_optimizer,
        "loss": model.adversarial_loss,
        "penalty": model.penalty,
    }
    serialized = {
        name: keras.saving.serialize_keras_object(value) for name, value in kept.items()
    }
    on_jax = keras.config.backend() == "jax"
    return serialized | {
        "penalty_interval": model.penalty_interval,
        "steps_per_execution": model.steps_per_execution,
        # JAX compiles always; the file may be opened on TensorFlow.
        "jit_compile": "auto" if on_jax else model.jit_compile,
    }


def unregistered_parts(*objects: Any) -> list[str]:
    """Returns the names of unregistered functions and classes in losses and penalties.

    Keras would write them, and fail only when it reads the file.
    """
    found: list[str] = []
    for value in objects:
        if isinstance(value, losses.Loss) and value.made_by is not None:
            found += unregistered_parts(*value.made_by[1].values())
        elif isinstance(value, losses.Loss):
            for part in (value.discriminator, value.generator, value.probability):
                if part is not None and not _registered(part):
                    found.append(getattr(part, "__name__", repr(part)))
        elif isinstance(value, penalties.Sum):
            found += unregistered_parts(*value.terms)
        elif isinstance(value, penalties.Penalty) and not _registered(type(value)):
            found.append(type(value).__name__)
    return found


def _registered(part: Callable | type) -> bool:
    name = keras.saving.get_registered_name(part)
    return keras.saving.get_registered_object(name) is part


def arguments(model: type) -> list[str]:
    """Returns the keyword-only arguments of a model's constructors."""
    found = []
    for kind in itertools.takewhile(lambda kind: kind is not keras.Model, model.mro()):
        if "__init__" not in vars(kind):
            continue
        parameters = inspect.signature(vars(kind)["__init__"]).parameters.values()
        found += [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break  # it passes none to its base class
    return found
