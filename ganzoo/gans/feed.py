"""What a model is given to train on: checked, and looked at when it comes."""

from collections.abc import Iterator
from typing import Any

import keras
from keras.src.trainers.data_adapters.array_slicing import train_validation_split

from ganzoo.gans import checks_arguments, feeding
from ganzoo.gans.checks_data import Parts
from ganzoo.gans.stock_callbacks import check_callbacks


class Feed:
    """Puts checked sources in place of the data among the arguments of Keras's methods.

    Attributes:
        looked: Whether the values of any batch were looked at since `compile()`.
        keep_looking: Whether labels are looked at in every batch, as no pipeline does.
        endless: Whether the training data never end.
    """

    def __init__(self, model: keras.Model):
        """Looks after the data of a model, whose `batch_parts` says what they hold."""
        self.looked = False
        self.keep_looking = False
        self.endless = False
        self._looking: Parts = (
            None  # the parts of a batch whose values are to be looked at
        )
        self._parts: Parts = None  # what a single batch holds, once asked for
        self._single = False  # whether a single batch comes, which no loop shares out
        self._model = lambda: model  # a function, which Keras does not save

    def reset(self) -> None:
        """Forgets what was looked at, as `compile()` starts anew."""
        self.looked, self._parts = False, None

    @property
    def _takes(self) -> str:
        return f"this {type(self._model()).__name__}"

    def fit(self, given: dict) -> dict:
        """Returns the arguments of `fit` with checked sources for the data.

        Raises:
            ValueError: Data or callbacks that the model cannot take.
        """
        model = self._model()
        held_out = given.get("validation_data"), given.get("validation_split")
        validates = held_out[0] is not None or bool(held_out[1])
        check_callbacks(model, given.get("callbacks"), validates)
        self._check_executions(given.get("steps_per_epoch"))
        x, y, size = (given.pop(name, None) for name in ("x", "y", "batch_size"))
        held_out, split = (
            given.pop(f"validation_{name}", None) for name in ("data", "split")
        )
        if split:
            (x, y), held_out = train_validation_split((x, y), validation_split=split)
        parts = model.batch_parts()
        options: dict[str, Any] = {
            "steps": given.get("steps_per_epoch"),
            "order": (model.seed, int(model.step)),
        }
        if given.get("shuffle") is not None:
            options["shuffle"] = given.pop("shuffle")
        given["x"] = source = feeding.source(parts, self._takes, x, y, size, **options)
        feeding.check_divisible(source, model.distribute_strategy.num_replicas_in_sync)
        if held_out is not None:
            given["validation_data"] = self._validation_source(
                parts, held_out, size, given
            )
        self._watch(source, parts)
        return given

    def evaluate(self, given: dict) -> dict:
        """Returns the arguments of `evaluate` with a checked source for the data.

        Raises:
            ValueError: As `fit`.
        """
        model = self._model()
        parts = model.batch_parts()
        if not isinstance(given.get("x"), feeding.Source):  # fit() has checked those
            model._assert_compile_called("evaluate")
            check_callbacks(model, given.get("callbacks"), validates=True)
            given["x"] = feeding.source(
                parts,
                self._takes,
                *(given.pop(name, None) for name in ("x", "y", "batch_size")),
                steps=given.get("steps"),
                shuffle=False,
                names=("x", "batch_size", "steps"),
            )
        self._look_at(given["x"], parts)
        return given

    def batch(self, given: dict) -> dict:
        """Returns the arguments of `train_on_batch` with the batch as tensors.

        Raises:
            ValueError: As `fit`.
        """
        if self._parts is None:
            self._parts = self._model().batch_parts()
        x, y = given.get("x"), given.get("y")
        given["x"], given["y"] = feeding.tensors(self._parts, self._takes, x, y)
        self._looking, self._single, self.keep_looking = self._parts, True, False
        return given

    def fetch(self, iterator: Iterator) -> Any:
        """Returns the next batch, its values looked at if it is the first or single.

        Raises:
            ValueError: Values that the model cannot take.
        """
        with feeding.clear_errors():
            data = next(iterator)
        if self._looking is not None:
            # That of a few bright images is doubted only if it is the very first.
            feeding.look(self._looking, data, certain=self._single and self.looked)
            self.looked = True
            self._looking = self._looking if self.keep_looking else None
        strategy = self._model().distribute_strategy
        if self._single and strategy.num_replicas_in_sync > 1:
            data = feeding.split_among_replicas(data, strategy)
        return data

    def _check_executions(self, steps: int | None) -> None:
        each = self._model().steps_per_execution
        if steps is not None and steps % each:
            raise ValueError(
                f"An epoch of {steps} steps is not a whole number of executions of "
                f"steps_per_execution={each} steps; pass steps_per_epoch="
                f"{steps // each * each or each} or another steps_per_execution."
            )

    def _validation_source(
        self, parts: Parts, held_out: Any, size: int | None, given: dict
    ) -> feeding.Source:
        x, y, weights = keras.utils.unpack_x_y_sample_weight(held_out)
        if weights is not None:
            checks_arguments.check(
                type(self._model()).__name__, "evaluate", {"sample_weight": weights}
            )
        own = given.pop("validation_batch_size", None)
        return feeding.source(
            parts,
            self._takes,
            x,
            y,
            size if own is None and feeding.can_convert_arrays((x, y)) else own,
            steps=given.get("validation_steps"),
            shuffle=False,
            names=("validation_data", "validation_batch_size", "validation_steps"),
        )

    def _watch(self, source: feeding.Source, parts: Parts) -> None:
        """Has the values of the first batch looked at when it is fetched."""
        model = self._model()
        self.endless = source.endless
        self._look_at(source, parts)
        in_graph = model.steps_per_execution > 1 and not model.run_eagerly
        if parts is not None and in_graph and not source.shared:
            # What is fetched in the graph of an execution is looked at before.
            source.dataset = feeding.looking(source.dataset, parts)
            self._looking = None

    def _look_at(self, source: feeding.Source, parts: Parts) -> None:
        self._looking, self._single = parts, False
        self.keep_looking = source.shared and feeding.has_labels(parts)
