"""A `keras.Model` that says so where it would ignore an argument, or learn nothing."""

from collections.abc import Iterator, Sequence

import keras
from keras.src.trainers.data_adapters.array_slicing import train_validation_split

from ganzoo.gans import checks_arguments, feeding
from ganzoo.gans.checks_networks import check_unchanged
from ganzoo.gans.stock_callbacks import check_callbacks


class CheckedModel(keras.Model):
    """A model whose arguments and data are looked at before it trains.

    Every argument of Keras's methods either does what Keras says or is refused with the
    way that there is here. A subclass says in `batch_parts` what its batches hold, and
    in `learners` what its optimizers train.
    """

    instead_of_call = "call one of its networks"  # what predict() says
    _looking = None  # the parts of a batch whose values are still to be looked at
    _looked = False  # whether those of any batch were, since compile()
    _batch = None  # what a single batch holds, once it was asked for since compile()
    _single = False  # whether a single batch is on its way, which no loop shares out
    _keep_looking = False  # for labels that no pipeline looks at
    _endless = False  # whether the training data never end

    def batch_parts(self):
        """Returns what a batch holds, to be checked.

        Whoever overrides `unpack` overrides this, too.

        Returns:
            What is fed as x, a part as in `ganzoo.gans.checks_data`; or a pair of that
            and of what is fed as y; or None to have nothing checked.
        """
        return None

    def learners(self) -> dict[str, tuple[object, Sequence[keras.Variable]]]:
        """Returns the optimizers and what they are to train, by what that is called."""
        return {}

    # ------------------------------------------------------------------ Keras's methods

    def compile(self, **kwargs) -> None:
        """As in `keras.Model`, without what belongs to a single optimizer.

        Raises:
            ValueError: An argument that would be ignored, or out of range.
        """
        checks_arguments.check(type(self).__name__, "compile", kwargs)
        self._looked, self._batch = False, None
        super().compile(**kwargs | {"optimizer": None})

    def fit(self, *args, **kwargs):
        """As in `keras.Model`; every step must bring all replicas the same share.

        Raises:
            ValueError: An argument that would be ignored; data that the model cannot
                take, that never end, or that the replicas cannot share equally; a
                callback that it has no use for; or layers frozen since `compile()`.
        """
        self._assert_compile_called("fit")
        given = checks_arguments.bind(self, "fit", args, kwargs)
        held_out = given.get("validation_data"), given.get("validation_split")
        validates = held_out[0] is not None or bool(held_out[1])
        check_callbacks(self, given.get("callbacks"), validates)
        self._check_learners()
        self._check_executions(given.get("steps_per_epoch"))
        self._take_training_data(given)
        return super().fit(**given)

    def evaluate(self, *args, **kwargs):
        """As in `keras.Model`.

        Raises:
            ValueError: As `fit`.
        """
        given = checks_arguments.bind(self, "evaluate", args, kwargs)
        parts = self.batch_parts()
        if not isinstance(given.get("x"), feeding.Source):  # fit() has checked those
            self._assert_compile_called("evaluate")
            check_callbacks(self, given.get("callbacks"), validates=True)
            given["x"] = feeding.source(
                parts,
                self._takes,
                *(given.pop(name, None) for name in ("x", "y", "batch_size")),
                steps=given.get("steps"),
                shuffle=False,
                names=("x", "batch_size", "steps"),
            )
        self._look_at(given["x"], parts)
        return super().evaluate(**given)

    def train_on_batch(self, *args, **kwargs):
        """As in `keras.Model`.

        Raises:
            ValueError: As `fit`.
        """
        self._assert_compile_called("train_on_batch")
        given = checks_arguments.bind(self, "train_on_batch", args, kwargs)
        self._check_learners()
        self._check_batch(given)
        return super().train_on_batch(**given)

    def test_on_batch(self, *args, **kwargs):
        """As in `keras.Model`.

        Raises:
            ValueError: As `fit`.
        """
        given = checks_arguments.bind(self, "test_on_batch", args, kwargs)
        self._check_batch(given)
        return super().test_on_batch(**given)

    def predict(self, *args, **kwargs):
        """Says what to use instead, unless a subclass has a `call`.

        Raises:
            ValueError: Always, without a `call`.
        """
        self._refuse_call("predict()")
        return super().predict(*args, **kwargs)

    def predict_on_batch(self, *args, **kwargs):
        """As `predict`."""
        self._refuse_call("predict_on_batch()")
        return super().predict_on_batch(*args, **kwargs)

    def export(self, *args, **kwargs):
        """As `predict`."""
        self._refuse_call("export()")
        return super().export(*args, **kwargs)

    def __call__(self, *args, **kwargs):
        """As `predict`."""
        self._refuse_call("calling it")
        return super().__call__(*args, **kwargs)

    # --------------------------------------------------------------------- the checks

    def _refuse_call(self, what: str) -> None:
        if type(self).call is keras.Model.call:
            raise ValueError(
                f"A {type(self).__name__} is several networks, of which {what} means "
                f"none; {self.instead_of_call}. To export one: network.export(path)."
            )

    @property
    def _takes(self) -> str:
        return f"this {type(self).__name__}"

    def _check_learners(self) -> None:
        for name, (optimizer, variables) in self.learners().items():
            check_unchanged(name, optimizer, variables)

    def _check_executions(self, steps: int | None) -> None:
        each = self.steps_per_execution
        if steps is not None and steps % each:
            raise ValueError(
                f"An epoch of {steps} steps is no whole number of executions of "
                f"steps_per_execution={each} steps; pass steps_per_epoch="
                f"{steps // each * each or each} or another steps_per_execution."
            )

    def _take_training_data(self, given: dict) -> None:
        """Puts checked sources in place of the data among the arguments of `fit`."""
        x, y, size = (given.pop(name, None) for name in ("x", "y", "batch_size"))
        held_out, split = (
            given.pop(f"validation_{name}", None) for name in ("data", "split")
        )
        if split:
            (x, y), held_out = train_validation_split((x, y), validation_split=split)
        parts = self.batch_parts()
        options = {"steps": given.get("steps_per_epoch")}
        if hasattr(self, "seed"):
            options["order"] = self.seed, int(self.step)
        if given.get("shuffle") is not None:
            options["shuffle"] = given.pop("shuffle")
        given["x"] = source = feeding.source(parts, self._takes, x, y, size, **options)
        replicas = self.distribute_strategy.num_replicas_in_sync
        feeding.check_shares(source, replicas)
        if held_out is not None:
            given["validation_data"] = self._validation_source(
                parts, held_out, size, given
            )
        self._watch(source, parts)

    def _validation_source(self, parts, held_out, size, given: dict) -> feeding.Source:
        x, y, weights = keras.utils.unpack_x_y_sample_weight(held_out)
        if weights is not None:
            checks_arguments.check(
                type(self).__name__, "evaluate", {"sample_weight": weights}
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

    def _watch(self, source: feeding.Source, parts) -> None:
        """Has the values of the first batch looked at when it is fetched."""
        self._endless = source.endless
        self._look_at(source, parts)
        in_graph = self.steps_per_execution > 1 and not self.run_eagerly
        if parts is not None and in_graph and not source.shared:
            # What is fetched in the graph of an execution is looked at before.
            source.dataset = feeding.looking(source.dataset, parts)
            self._looking = None

    def _look_at(self, source: feeding.Source, parts) -> None:
        self._looking, self._single = parts, False
        self._keep_looking = source.shared and feeding.labelled(parts)

    def _check_batch(self, given: dict) -> None:
        if self._batch is None:
            self._batch = self.batch_parts()
        x, y = given.get("x"), given.get("y")
        given["x"], given["y"] = feeding.tensors(self._batch, self._takes, x, y)
        self._looking, self._single, self._keep_looking = self._batch, True, False

    def _fetch(self, iterator: Iterator):
        """Returns the next batch, its values looked at if it is the first or single."""
        with feeding.clear_errors():
            data = next(iterator)
        if self._looking is not None:
            # That of a few bright images is doubted only if it is the very first.
            certain = self._single and self._looked
            feeding.look(self._looking, data, certain=certain)
            self._looked = True
            self._looking = self._looking if self._keep_looking else None
        if self._single and self.distribute_strategy.num_replicas_in_sync > 1:
            data = feeding.share_out(data, self.distribute_strategy)
        return data
