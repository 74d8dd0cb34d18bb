"""The two optimizers of a model: which ones work, and how callbacks see them."""

from collections.abc import Sequence
from typing import Any

import keras

from ganzoo import distribute
from ganzoo.gans.checks_arguments import to_optimizer

_Schedule = keras.optimizers.schedules.LearningRateSchedule
_CLIPPING = ("clipnorm", "global_clipnorm", "clipvalue")


def build_optimizers(
    *, strategy: Any, averages: bool, **sides: tuple[object, Sequence[keras.Variable]]
) -> dict[str, keras.optimizers.Optimizer]:
    """Creates, checks and builds the optimizers of `compile()`, by side.

    Refuses settings that would be ignored, or would not do what Keras documents.

    Args:
        strategy: The strategy that the model was built in.
        averages: Whether the model can average the generator's weights itself.
        **sides: The argument of each side, and the variables that it trains.
    """
    optimizers = {
        name: to_optimizer(f"{name}_optimizer", given)
        for name, (given, _) in sides.items()
    }
    _check_all(optimizers, strategy, averages)
    for name, optimizer in optimizers.items():  # all, before any is built
        _check_variables(name, optimizer, sides[name][1])
    for name, optimizer in optimizers.items():
        optimizer.build(sides[name][1])
        _check_variables(name, optimizer, sides[name][1])
    # A MultiOptimizer may know only now which optimizers it holds.
    _check_all(optimizers, strategy, averages)
    return optimizers


def _check_variables(
    name: str,
    optimizer: keras.optimizers.Optimizer,
    variables: Sequence[keras.Variable],
) -> None:
    known = {id(variable) for variable in optimizer._trainable_variables}
    if optimizer.built and any(id(variable) not in known for variable in variables):
        raise ValueError(
            f"the {name}'s {type(optimizer).__name__} was built for other weights: by "
            "another model, or before some became trainable. Make a new one: "
            "type(optimizer).from_config(optimizer.get_config())."
        )


def parts(optimizer: keras.optimizers.Optimizer) -> list[keras.optimizers.Optimizer]:
    """Returns the optimizer itself, or the optimizers in a `MultiOptimizer`."""
    held = getattr(optimizer, "optimizers", None)
    return [optimizer] if held is None else list(held)


def _check_all(
    optimizers: dict[str, keras.optimizers.Optimizer], strategy: Any, averages: bool
) -> None:
    owners: dict[int, str] = {}
    for name, optimizer in optimizers.items():
        for part in parts(optimizer):
            place = f"the {name}'s {type(part).__name__}"
            owner = owners.setdefault(id(part), name)
            if owner != name:
                raise ValueError(
                    "Each side needs its own optimizer, which keeps one set of "
                    f"moments; {place} is the {owner}'s, too. Pass two."
                )
            _check_settings(place, part, averages)
            _check_strategy(place, part, strategy)


def _check_settings(
    place: str, optimizer: keras.optimizers.Optimizer, averages: bool
) -> None:
    ours = ", and build the model with ema_half_life=... (images)" if averages else ""
    if _overrides(optimizer, "scale_loss") or optimizer.loss_scale_factor is not None:
        raise ValueError(
            f"{place} expects a scaled loss (loss_scale_factor, LossScaleOptimizer), "
            "for float16, which no model uses here: all its updates would be too "
            "small. Leave the scaling out; 'mixed_bfloat16' needs none."
        )
    if optimizer.use_ema or optimizer.ema_overwrite_frequency is not None:
        raise ValueError(
            f"{place} has use_ema={optimizer.use_ema}, ema_overwrite_frequency="
            f"{optimizer.ema_overwrite_frequency}, but no model uses its average. "
            f"Leave them out{ours}."
        )
    averaged = type(optimizer).__name__ == "ScheduleFreeAdamW"
    if averaged or _overrides(optimizer, "finalize_variable_values"):
        raise ValueError(
            f"{place} means other weights to be used than those that it trains, but "
            f"nothing here uses them. Use keras.optimizers.AdamW{ours}."
        )
    rate = optimizer._learning_rate
    if callable(rate) and not isinstance(rate, _Schedule | keras.Variable):
        raise ValueError(
            f"learning_rate={rate!r} of {place} would be called only once, when the "
            "step is traced. Give a keras.optimizers.schedules.LearningRateSchedule, "
            "or a number and a keras.callbacks.LearningRateScheduler."
        )


def _check_strategy(
    place: str, optimizer: keras.optimizers.Optimizer, strategy: Any
) -> None:
    """Refuses settings that fail on several replicas, or depend on their number."""
    replicas = distribute.num_replicas()
    # On JAX variables that were made elsewhere are moved.
    if getattr(optimizer, "_distribution_strategy", strategy) is not strategy:
        raise ValueError(
            f"{place} was not made in the scope of the model's strategy, "
            f"{type(strategy).__name__}: make it inside `with strategy.scope():`."
        )
    for name in _CLIPPING:
        if replicas > 1 and getattr(optimizer, name) is not None:
            raise ValueError(
                f"{name}={getattr(optimizer, name)} of {place} clips the gradient of "
                f"each replica, so that the result depends on their number, {replicas}."
                " Leave it out, or train on one replica; a penalty bounds the "
                "discriminator's gradient on any number."
            )
    if replicas > 1 and optimizer.gradient_accumulation_steps is not None:
        raise ValueError(
            f"gradient_accumulation_steps={optimizer.gradient_accumulation_steps} of "
            f"{place} works on one replica only, and there are {replicas}. Leave it "
            "out, and feed larger batches, which the replicas share."
        )


def _overrides(optimizer: keras.optimizers.Optimizer, method: str) -> bool:
    own = getattr(type(optimizer), method)
    return own is not getattr(keras.optimizers.Optimizer, method)


class Optimizers:
    """The optimizers of a model in the form that Keras's callbacks expect.

    For several optimizers, these read `model.optimizer.optimizers` and the name and
    learning rate of each. This object neither trains nor is saved.
    """

    built = True

    def __init__(
        self,
        optimizers: dict[str, keras.optimizers.Optimizer],
        iterations: keras.Variable,
    ):
        self.optimizers = [
            _Named(name if len(parts(whole)) == 1 else f"{name}_{part.name}", part)
            for name, whole in optimizers.items()
            for part in parts(whole)
        ]
        self.iterations = iterations
        self._wholes = optimizers

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of all optimizers."""
        return [v for optimizer in self._wholes.values() for v in optimizer.variables]

    @property
    def learning_rate(self) -> Any:
        """Raises an error: there is no single learning rate."""
        raise self._two_rates()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> Any:
        raise self._two_rates()

    def _two_rates(self) -> ValueError:
        rates = " and ".join(f"{name}_optimizer.learning_rate" for name in self._wholes)
        older = [int(part) for part in keras.__version__.split(".")[:2]] < [3, 15]
        callbacks = (
            " Callbacks of this Keras know only one: upgrade to keras>=3.15, or set "
            "them in a LambdaCallback."
        )
        return ValueError(
            f"There is no one learning rate; there are {rates}."
            f"{callbacks if older else ''}"
        )


class _Named:
    """An optimizer's learning rate, under another name than the optimizer's."""

    use_ema = False

    def __init__(self, name: str, optimizer: keras.optimizers.Optimizer):
        self.name = name
        self._optimizer = optimizer

    @property
    def scheduled(self) -> bool:
        return isinstance(self._optimizer._learning_rate, _Schedule)

    @property
    def learning_rate(self) -> Any:
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> Any:
        self._optimizer.learning_rate = value
