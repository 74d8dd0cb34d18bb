"""Checks the data that a model's `fit()`, `evaluate()` and the like receive."""

import functools
from collections.abc import Iterator
from typing import Any

import keras
from keras.src.trainers.data_adapters.array_slicing import train_validation_split

from ganzoo import backend, distribute
from ganzoo.gans import checks_arguments, feeding
from ganzoo.gans.checks_data import Parts, has_labels
from ganzoo.gans.feeding import pipeline
from ganzoo.gans.stock_callbacks import check_callbacks


class Feed:
    """Replaces the data in the arguments of Keras's methods by checked sources."""

    def __init__(self, model: keras.Model):
        """Checks the data of a model against its `batch_parts`."""
        #: Whether the values of a batch were checked since `compile()`.
        self.looked = False
        #: Whether to check the labels of every batch here: no input pipeline does.
        self.keep_looking = False
        #: Whether the training data never end.
        self.endless = False
        self._looking: Parts = None  # parts of a batch whose values are to be checked
        self._parts: Parts = None  # parts of a single batch, cached
        self._single = False  # whether the data are one batch, which no loop splits
        self._model = lambda: model  # a function, so that Keras does not save it

    def reset(self) -> None:
        """Forgets which batches were checked; `compile()` starts again."""
        self.looked, self._parts = False, None

    @property
    def _takes(self) -> str:
        return f"this {type(self._model()).__name__}"

    def fit(self, given: dict) -> dict:
        """Returns the arguments of `fit` with checked sources for the data."""
        model = self._model()
        self._check_executions(given.get("steps_per_epoch"))
        x, y, size, held_out, split = (
            given.pop(name, None)
            for name in ("x", "y", "batch_size", "validation_data", "validation_split")
        )
        validates = held_out is not None or bool(split)
        check_callbacks(model, given.get("callbacks"), validates)
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
        feeding.check_divisible(source, backend.num_devices(model))
        if held_out is not None:
            given["validation_data"] = self._validation_source(
                parts, held_out, size, given
            )
        self._watch(source, parts)
        return given

    def evaluate(self, given: dict) -> dict:
        """Returns the arguments of `evaluate` with a checked source for the data."""
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
        if not pipeline.UNEVEN:
            feeding.check_divisible(given["x"], backend.num_devices(model))
        self._look_at(given["x"], parts)
        return given

    def batch(self, given: dict) -> dict:
        """Returns the arguments of `train_on_batch` with the batch as tensors."""
        if self._parts is None:
            self._parts = self._model().batch_parts()
        x, y = given.get("x"), given.get("y")
        given["x"], given["y"] = feeding.tensors(self._parts, self._takes, x, y)
        rows = keras.tree.flatten(given["x"])[0].shape[0]
        distribute.per_replica_batch(rows, backend.num_devices(self._model()))
        given["x"], given["y"] = pipeline.of_this_process((given["x"], given["y"]))
        self._looking, self._single, self.keep_looking = self._parts, True, False
        return given

    def fetch(self, iterator: Iterator) -> Any:
        """Returns the next batch; checks its values if it is the first or only one."""
        with pipeline.clear_errors():
            data = next(iterator)
        if self._looking is not None:
            # A single batch of a few bright images is suspicious only if it is the
            # first.
            feeding.look(self._looking, data, certain=self._single and self.looked)
            self.looked = True
            self._looking = self._looking if self.keep_looking else None
        if self._single:
            data = pipeline.split_among_replicas(data, self._model())
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
        """Arranges for the values of the first batch to be checked."""
        model = self._model()
        self.endless = source.endless
        self._look_at(source, parts)
        in_graph = model.steps_per_execution > 1 and not model.run_eagerly
        if parts is not None and in_graph and not source.shared:
            # A graph of several steps fetches its batches itself: check in the
            # pipeline.
            look = functools.partial(feeding.look, parts)
            source.dataset = pipeline.looking(source.dataset, look)
            self._looking = None

    def _look_at(self, source: feeding.Source, parts: Parts) -> None:
        self._looking, self._single = parts, False
        self.keep_looking = source.shared and has_labels(parts)
