"""Games as configurations: what `.keras` files hold beside the weights."""

import copy
import dataclasses
import inspect
import itertools
import warnings

import keras

from ganzoo import penalties

_OPTIMIZERS = ("generator_optimizer", "discriminator_optimizer")
_UNKNOWN = "unknown"  # stands for a penalty that is none of ours


class Configuration:
    """Mixin of the games whose constructor takes the players, and options by name.

    The keyword-only arguments of the constructors are read from the attributes of the
    same name, so a variant that keeps its arguments needs no code of its own.
    """

    players = ("generator", "discriminator")  # the constructor's first arguments
    parts = ()  # options that are layers, or None

    def get_config(self) -> dict:
        """Returns all arguments of the constructor, the networks serialised."""
        arguments = {name: getattr(self, name) for name in _arguments(type(self))}
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in (*self.players, *self.parts)
        }
        return super().get_config() | arguments | networks

    @classmethod
    def from_config(cls, config: dict):
        """Builds the game, and fresh networks, from `get_config()`."""
        config = copy.deepcopy(config)  # Keras takes what it reads out of it
        for name in (*cls.players, *cls.parts, "dtype"):
            if name in config:
                config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)

    def get_compile_config(self) -> dict:
        """Returns the arguments of `compile()`, where they can be written down.

        A loss can if it was given by name, a penalty if it is one of
        `ganzoo.penalties`. Otherwise a loaded game has to be compiled again.
        """
        if not self.compiled:
            return {}
        penalty = _penalty_config(self.penalty)
        if self.loss_name is None or penalty == _UNKNOWN:
            warnings.warn(
                "A file cannot hold a loss that was not given by name, or a penalty "
                "that is none of ganzoo.penalties: compile() the game again when it "
                "is loaded. To go on with the same optimisers use save_weights().",
                stacklevel=2,
            )
            return {}
        return {
            **{
                name: keras.saving.serialize_keras_object(getattr(self, name))
                for name in _OPTIMIZERS
            },
            "loss": self.loss_name,
            "penalty": penalty,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config: dict) -> None:
        """Compiles a loaded game as it was compiled when it was saved."""
        config = dict(config)
        for name in _OPTIMIZERS:
            config[name] = keras.saving.deserialize_keras_object(config[name])
        config["penalty"] = _penalty_of(config["penalty"])
        self.compile(**config)


def _arguments(game: type) -> list[str]:
    """Returns the keyword-only arguments that reach the constructors of a game."""
    found = []
    for kind in itertools.takewhile(lambda kind: kind is not keras.Model, game.mro()):
        if "__init__" not in vars(kind):
            continue
        parameters = inspect.signature(kind.__init__).parameters.values()
        found += [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break  # it passes none on
    return found


def _penalty_config(penalty: penalties.Penalty | None) -> dict | str | None:
    """Returns `{"name": class, argument: value, ...}`."""
    if penalty is None:
        return None
    if isinstance(penalty, penalties.Sum):
        terms = [_penalty_config(term) for term in penalty.terms]
        return _UNKNOWN if _UNKNOWN in terms else {"name": "Sum", "terms": terms}
    name = type(penalty).__name__
    if getattr(penalties, name, None) is not type(penalty):
        return _UNKNOWN
    return {"name": name, **dataclasses.asdict(penalty)}


def _penalty_of(config: dict | None) -> penalties.Penalty | None:
    if config is None:
        return None
    arguments = dict(config)
    kind = getattr(penalties, arguments.pop("name"))
    if "terms" in arguments:
        arguments["terms"] = tuple(_penalty_of(term) for term in arguments["terms"])
    return kind(**arguments)
