"""A game's train step as a function of tensors, as one replica of a TPU runs it.

What a TPU compiles is a function: the game's state and a batch go in, the new state and
the logs come out. Keras's `StatelessScope` makes that of the real `train_step`, which
is called as it is; and it is called in a replica context of a TPU strategy, so that
whatever asks for other replicas (gradients, batch statistics, the place of a random
number in the global batch) asks the way it will on a TPU.
"""

import types
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras.src.optimizers.base_optimizer import BaseOptimizer
from tensorflow.python.distribute.tpu_strategy import _TPUReplicaContext

Sum = Callable[[tf.Tensor, list[list[int]]], tf.Tensor]


class FunctionalStep:
    """The train step of a game, on one of several replicas.

    Attributes:
        variables: What a step reads or writes: weights, optimisers, trackers, counters.
        specs: Of the arguments: the replica's number, the state, the batch.
    """

    def __init__(self, game: keras.Model, batch, replicas: int = 1, add: Sum = None):
        """Readies a game, which cannot be trained by `fit()` any more afterwards.

        Args:
            game: Compiled, and built outside any strategy's scope.
            batch: Specs of what one replica is fed: a `tf.TensorSpec`, or several in
                the structure that `fit()` takes.
            replicas: Those in sync.
            add: (tensor, groups) -> its sum over the replicas; by default a TPU's.
        """
        self.game = game
        self.batch = batch
        self.variables = state_variables(game)
        self.specs = [
            tf.TensorSpec([], tf.int32, name="replica"),
            *(tf.TensorSpec(v.shape, v.dtype) for v in self.variables),
            *tf.nest.flatten(batch),
        ]
        self._strategy = TracedTPU(replicas, add or cross_replica_sum)
        for optimizer in optimizers(game):
            make_functional(optimizer)

    def __call__(self, replica, *tensors) -> tuple[list[tf.Tensor], dict]:
        """Does one step.

        Args:
            replica: The replica's number in sync, int32 `[]`.
            *tensors: The state, in the order of `variables`, then the batch, flat.

        Returns:
            The new state, and the step's logs.
        """
        count = len(self.variables)
        mapping = list(zip(self.variables, tensors[:count], strict=True))
        batch = tf.nest.pack_sequence_as(self.batch, tensors[count:])
        with (
            _TPUReplicaContext(self._strategy, replica),
            keras.StatelessScope(state_mapping=mapping) as scope,
        ):
            logs = self.game.train_step(batch)
        return [scope.get_current_value(v) for v in self.variables], logs

    def function(self) -> tf.types.experimental.PolymorphicFunction:
        """Returns the step as a `tf.function` of the flat arguments."""
        return tf.function(self.__call__, jit_compile=True, autograph=False)


def optimizers(game: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Returns the optimisers that a game holds."""
    values = vars(game).values()
    return [v for v in values if isinstance(v, keras.optimizers.Optimizer)]


def state_variables(game: keras.Model) -> list[keras.Variable]:
    """Returns what a step reads or writes, each variable once."""
    found = [*game.variables, *game.metrics_variables]
    found += [v for optimizer in optimizers(game) for v in optimizer.variables]
    return list({id(variable): variable for variable in found}.values())


def make_functional(optimizer: keras.optimizers.Optimizer) -> None:
    """Lets a `StatelessScope` catch the updates of a TensorFlow optimiser of Keras.

    On TensorFlow Keras assigns to `tf.Variable`s behind its own back. The methods that
    do so are set aside here for those of Keras's base class, and the sum of the
    gradients over the replicas, which is one of the former, is put back in.
    """
    for kind in type(optimizer).mro():
        if kind.__module__ != "keras.src.backend.tensorflow.optimizer":
            continue
        for name in vars(kind).keys() & vars(BaseOptimizer).keys():
            if not name.startswith("__") and callable(vars(BaseOptimizer)[name]):
                method = types.MethodType(vars(BaseOptimizer)[name], optimizer)
                # Not setattr: Keras tracks what it sets.
                object.__setattr__(optimizer, name, method)

    def update(self, gradients, variables, learning_rate):
        pairs = self._all_reduce_sum_gradients(zip(gradients, variables, strict=True))
        gradients = [gradient for gradient, _ in pairs]
        BaseOptimizer._backend_update_step(self, gradients, variables, learning_rate)

    method = types.MethodType(update, optimizer)
    object.__setattr__(optimizer, "_backend_update_step", method)
    # The two classes know variables by different keys.
    known = enumerate(optimizer._trainable_variables)
    optimizer._trainable_variables_indices = {
        optimizer._var_key(variable): index for index, variable in known
    }


def cross_replica_sum(tensor: tf.Tensor, groups: list[list[int]]) -> tf.Tensor:
    """Returns the sum over the replicas, as `tf.distribute.TPUStrategy` asks for it."""
    return tf.raw_ops.CrossReplicaSum(input=tensor, group_assignment=groups)


class TracedTPU(tf.distribute.TPUStrategy):
    """A TPU strategy without a TPU: what a step that is traced asks its strategy."""

    def __init__(self, replicas: int, add: Sum):
        """Has that many replicas, which add up tensors by `add`."""
        tf.distribute.Strategy.__init__(self, _Extended(self, replicas, add))


class _Extended(tf.distribute.StrategyExtended):
    def __init__(self, strategy: TracedTPU, replicas: int, add: Sum):
        super().__init__(strategy)
        self._replicas = replicas
        self._add = add

    @property
    def _num_replicas_in_sync(self) -> int:
        return self._replicas

    @property
    def experimental_require_static_shapes(self) -> bool:
        return True

    def _use_merge_call(self) -> bool:
        return False

    def value_container(self, value):
        return value  # a variable is that of one replica, here

    def _get_local_replica_id(self, replica_id_in_sync_group):
        return replica_id_in_sync_group

    def _replica_ctx_all_reduce(self, reduce_op, value: Sequence, options=None):
        del options
        groups = [list(range(self._replicas))]
        tensors = [tf.convert_to_tensor(tensor) for tensor in tf.nest.flatten(value)]
        if reduce_op == tf.distribute.ReduceOp.MEAN:
            tensors = [tensor / self._replicas for tensor in tensors]
        if self._replicas > 1:
            tensors = [self._add(tensor, groups) for tensor in tensors]
        return tf.nest.pack_sequence_as(value, tensors)
