"""A model's train step as a pure function of tensors, as one replica of a TPU runs it.

A TPU compiles a function from the model's state and a batch to the new state and the
logs. Keras's `StatelessScope` turns the real, unchanged `train_step` into one. The step
is called in a replica context of a TPU strategy. Everything that depends on the other
replicas (gradients, batch statistics, the place of a random number in the global batch)
therefore runs the same code as on a TPU.
"""

import types
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras.src.optimizers.base_optimizer import BaseOptimizer
from tensorflow.python.distribute.tpu_strategy import _TPUReplicaContext

Sum = Callable[[tf.Tensor, list[list[int]]], tf.Tensor]


class FunctionalStep:
    """The train step of a model, on one of several replicas.

    Attributes:
        variables: The state: variables of weights, optimizers, metrics and counters.
        specs: Specs of the arguments: the replica's number, the state, the batch.
    """

    def __init__(self, model: keras.Model, batch, replicas: int = 1, add: Sum = None):
        """Prepares a model, which `fit()` can no longer train afterwards.

        Args:
            model: Compiled model, built outside any strategy's scope.
            batch: Spec of one replica's batch: a `tf.TensorSpec`, or several in the
                structure that `fit()` takes.
            replicas: Number of replicas in sync.
            add: Function of a tensor and replica groups that returns the tensor's sum
                over the replicas. The default is `cross_replica_sum`.
        """
        self.model = model
        self.batch = batch
        self.variables = state_variables(model)
        self.specs = [
            tf.TensorSpec([], tf.int32, name="replica"),
            *(tf.TensorSpec(v.shape, v.dtype) for v in self.variables),
            *tf.nest.flatten(batch),
        ]
        self._strategy = TracedTPU(replicas, add or cross_replica_sum)
        for optimizer in optimizers(model):
            make_functional(optimizer)

    def __call__(self, replica, *tensors) -> tuple[list[tf.Tensor], dict]:
        """Runs one step.

        Args:
            replica: The replica's number in sync, int32 `[]`.
            *tensors: The state, in the order of `variables`, then the flattened batch.

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
            logs = self.model.train_step(batch)
        return [scope.get_current_value(v) for v in self.variables], logs

    def function(self) -> tf.types.experimental.PolymorphicFunction:
        """Returns the step as a `tf.function` of the flattened arguments."""
        return tf.function(self.__call__, jit_compile=True, autograph=False)


def optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Returns the optimizers of a model."""
    values = vars(model).values()
    return [v for v in values if isinstance(v, keras.optimizers.Optimizer)]


def state_variables(model: keras.Model) -> list[keras.Variable]:
    """Returns the variables that a step reads or writes, each once."""
    found = [*model.variables, *model.metrics_variables]
    found += [v for optimizer in optimizers(model) for v in optimizer.variables]
    return list({id(variable): variable for variable in found}.values())


def make_functional(optimizer: keras.optimizers.Optimizer) -> None:
    """Makes a `StatelessScope` capture the updates of a Keras optimizer.

    On TensorFlow, Keras optimizers assign to `tf.Variable`s directly, which the scope
    cannot capture. This replaces the methods that do so by those of Keras's base class,
    and restores what they alone did: the sum of the gradients over the replicas.
    """
    for base in type(optimizer).mro():
        if base.__module__ != "keras.src.backend.tensorflow.optimizer":
            continue
        for name in vars(base).keys() & vars(BaseOptimizer).keys():
            if not name.startswith("__") and callable(vars(BaseOptimizer)[name]):
                method = types.MethodType(vars(BaseOptimizer)[name], optimizer)
                # Not setattr: Keras would track the method.
                object.__setattr__(optimizer, name, method)

    def update(self, gradients, variables, learning_rate):
        pairs = self._all_reduce_sum_gradients(zip(gradients, variables, strict=True))
        gradients = [gradient for gradient, _ in pairs]
        BaseOptimizer._backend_update_step(self, gradients, variables, learning_rate)

    method = types.MethodType(update, optimizer)
    object.__setattr__(optimizer, "_backend_update_step", method)
    # The two classes use different keys for variables.
    known = enumerate(optimizer._trainable_variables)
    optimizer._trainable_variables_indices = {
        optimizer._var_key(variable): index for index, variable in known
    }


def cross_replica_sum(tensor: tf.Tensor, groups: list[list[int]]) -> tf.Tensor:
    """Returns the sum over the replicas, by the operation that `TPUStrategy` uses."""
    return tf.raw_ops.CrossReplicaSum(input=tensor, group_assignment=groups)


class TracedTPU(tf.distribute.TPUStrategy):
    """A TPU strategy that needs no TPU, with only what tracing a step requires."""

    def __init__(self, replicas: int, add: Sum):
        """Creates a strategy with `replicas` replicas, which sum tensors by `add`."""
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
        return value  # here a variable has the value of one replica only

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
