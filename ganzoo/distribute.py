"""The tf.distribute layer: devices by name, and the arithmetic of replicas.

Everything here follows one rule: a training step is a function of the *global* batch.
How many replicas share the work changes nothing but rounding.
"""

import json
import math
import os
from collections.abc import Sequence

import tensorflow as tf

STRATEGIES = ("auto", "cpu", "gpu", "mirrored", "tpu", "multi_worker")


def strategy(
    name: str = "auto",
    *,
    devices: Sequence[str] | None = None,
    tpu: str | None = None,
) -> tf.distribute.Strategy:
    """Returns the distribution strategy of that name.

    Build the networks, the game and its optimisers inside `strategy.scope()`.

    Args:
        name: `"auto"` takes what is there, the fastest first: a TPU, every GPU, the
            CPU. `"cpu"` and `"gpu"` use one device, `"mirrored"` all GPUs of this
            host or the given `devices`, `"tpu"` a Cloud or Colab TPU,
            `"multi_worker"` the cluster that the environment variable `TF_CONFIG`
            describes.
        devices: The devices of `"mirrored"`, e.g. `("GPU:0", "GPU:1")`. Logical CPUs
            (see `virtual_cpus`) work too.
        tpu: Name or address of the TPU; by default the one attached to this machine
            (`"local"`) or the one that the environment variable `TPU_NAME` names.

    Raises:
        ValueError: Unknown name, or `devices` or `tpu` given where they mean nothing.
        RuntimeError: The device asked for is not there; the message names what is.
    """
    if name not in STRATEGIES:
        raise ValueError(
            f"Unknown strategy {name!r}; accepted are {', '.join(STRATEGIES)}."
        )
    if devices is not None and name != "mirrored":
        raise ValueError(
            f"devices={tuple(devices)!r} is for 'mirrored', not for {name!r}."
        )
    if tpu is not None and name not in ("tpu", "auto"):
        raise ValueError(f"tpu={tpu!r} is for the strategy 'tpu', not for {name!r}.")
    if name == "auto":
        name = _best_available(tpu)
    if name == "tpu":
        return _tpu(tpu)
    if name == "multi_worker":
        return _multi_worker()
    if name in ("cpu", "gpu"):
        return _one_device(name)
    return _mirrored(devices)


def available_devices() -> str:
    """Says in words which devices TensorFlow sees, e.g. `"1 CPU, 2 GPUs"`."""
    kinds = [device.device_type for device in tf.config.list_logical_devices()]
    counts = {kind: kinds.count(kind) for kind in ("CPU", "GPU", "TPU")}
    return ", ".join(
        f"{count} {kind}{'s' if count > 1 else ''}"
        for kind, count in counts.items()
        if count
    )


def virtual_cpus(count: int) -> None:
    """Splits the CPU into `count` logical devices, to try a strategy without GPUs.

    Raises:
        ValueError: `count` is below 1.
        RuntimeError: TensorFlow has already started its devices, with another count.
    """
    if count < 1:
        raise ValueError(f"count={count} must be at least 1.")
    cpu = tf.config.list_physical_devices("CPU")[0]
    configured = tf.config.get_logical_device_configuration(cpu)
    if configured is not None and len(configured) == count:
        return
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * count
        )
    except RuntimeError as error:
        raise RuntimeError(
            f"The CPU can only be split into {count} logical devices before "
            "TensorFlow's first operation; call virtual_cpus() first."
        ) from error


def per_replica_batch(global_batch: int, replicas: int) -> int:
    """Returns the share of one replica, in examples.

    Raises:
        ValueError: The replicas cannot share the batch equally; the message names the
            nearest sizes that they can.
    """
    if global_batch < 1:
        raise ValueError(f"batch_size={global_batch} must be at least 1.")
    if global_batch % replicas:
        below = global_batch // replicas * replicas
        sizes = [size for size in (below, below + replicas) if size]
        raise ValueError(
            f"batch_size={global_batch} (global) cannot be shared equally by "
            f"{replicas} replicas; take {' or '.join(map(str, sizes))}."
        )
    return global_batch // replicas


def num_replicas() -> int:
    """Returns the number of replicas in sync under the current strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def global_mean(values: tf.Tensor) -> tf.Tensor:
    """Reduces one value an example to this replica's share of the global mean.

    Optimisers *sum* gradients over replicas, so the sum over this replica's examples
    is divided by the size of the global batch. It is the only place where a loss is
    reduced.

    Args:
        values: `[n]`, one value for each of this replica's examples.

    Returns:
        A scalar; the sum of it over all replicas is the mean over the global batch.
    """
    count = tf.size(values) * num_replicas()
    return tf.reduce_sum(values) / tf.cast(count, values.dtype)


class StepRandom:
    """The random numbers of one step: functions of (seed, step, place).

    Philox is counter based: number i of a stream is a pure function of (key, i). The
    key is made from the seed and the step; the counter is the place of the number in
    the *global* batch. A replica therefore draws its own examples' numbers and no
    others, and gets the same ones however many replicas there are.

    Draws are told apart by their order, so the same code draws the same numbers each
    time. In a loop inside the graph, `fold` the loop's index.

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """

    _PHILOX = 1  # the only algorithm with the same numbers with and without XLA
    _BLOCK = 4  # Philox4x32: one counter value yields four 32-bit numbers

    def __init__(self, key: tf.Tensor, shard: tf.Tensor | int = 0):
        """Starts a stream.

        Args:
            key: uint64 `[1]`; see `root_key` and `fold`.
            shard: Which run of examples of the global batch is drawn here: the
                replica's number in sync.
        """
        self.key = key
        self.shard = shard
        self._draws = 0

    @classmethod
    def root(cls, seed: int, shard: tf.Tensor | int = 0) -> "StepRandom":
        """Starts the stream of a seed (any integer of up to 64 bits)."""
        return cls(tf.constant([seed % 2**64], tf.uint64), shard)

    def fold(self, data: tf.Tensor | int) -> "StepRandom":
        """Returns an independent stream for each value of `data` (an integer)."""
        # Draws use the counter's upper word from 0 up, so that no draw meets this one.
        counter = tf.stack(
            [tf.cast(data, tf.uint64), tf.constant(2**64 - 1, tf.uint64)]
        )
        # 32-bit words: XLA and TensorFlow's kernel pair them differently to 64 bits.
        words = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[1, 2],
            key=self.key,
            counter=counter,
            alg=self._PHILOX,
            dtype=tf.uint32,
        )
        return StepRandom(tf.bitcast(words, tf.uint64), self.shard)

    def bits(
        self, shape: Sequence[int | tf.Tensor], dtype: tf.DType = tf.uint32
    ) -> tf.Tensor:
        """Draws random bits as whole numbers.

        Args:
            shape: Shape of the result; `shape[0]` counts this shard's examples.
            dtype: `tf.uint32`, or `tf.uint16` at half the cost.
        """
        count, *example = shape
        size = math.prod(example)
        parts = 4 // dtype.size  # numbers of a 32-bit word
        # Whole blocks an example, so that shards align.
        blocks = -(-size // (self._BLOCK * parts))
        first = tf.cast(self.shard, tf.int64) * tf.cast(count, tf.int64) * blocks
        counter = tf.stack(
            [tf.cast(first, tf.uint64), tf.constant(self._draws, tf.uint64)]
        )
        self._draws += 1
        words = blocks * self._BLOCK
        drawn = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[count, words],
            key=self.key,
            counter=counter,
            alg=self._PHILOX,
            dtype=tf.uint32,
        )
        if parts > 1:
            drawn = tf.reshape(tf.bitcast(drawn, dtype), [count, words * parts])
        if size < words * parts:
            drawn = drawn[:, :size]
        return tf.reshape(drawn, [count, *example])

    def uniform(self, shape: Sequence[int | tf.Tensor]) -> tf.Tensor:
        """Draws float32 numbers in [0, 1); `shape[0]` as in `bits`."""
        # From the 24 high bits, by hand: XLA and TensorFlow's kernel make their
        # floating-point numbers of different bits.
        high = tf.bitwise.right_shift(self.bits(shape), tf.constant(8, tf.uint32))
        return tf.cast(high, tf.float32) * 2.0**-24

    def normal(self, shape: Sequence[int | tf.Tensor]) -> tf.Tensor:
        """Draws float32 standard normal numbers; `shape[0]` as in `bits`."""
        # Box and Muller's transform, written out: XLA pairs the numbers of
        # StatelessRandomNormalV2 across the whole tensor, so a shard of it would not
        # be a slice of the global draw.
        count, *example = shape
        size = math.prod(example)
        half = -(-size // 2)
        pairs = self.uniform([count, 2, half])
        # 1 - u is in (0, 1]: its logarithm is finite.
        radius = tf.sqrt(-2.0 * tf.math.log(1.0 - pairs[:, 0]))
        angle = 2.0 * math.pi * pairs[:, 1]
        values = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=1)
        return tf.reshape(values[:, :size], [count, *example])

    def integers(self, shape: Sequence[int | tf.Tensor], maximum: int) -> tf.Tensor:
        """Draws int32 numbers in [0, maximum); `shape[0]` as in `bits`."""
        drawn = tf.cast(self.uniform(shape) * float(maximum), tf.int32)
        return tf.minimum(drawn, maximum - 1)  # rounding up to `maximum` is possible


def replica_id() -> tf.Tensor | int:
    """Returns this replica's number in sync; 0 outside a replica."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def _best_available(tpu: str | None) -> str:
    if tpu is not None or _tpu_attached():
        return "tpu"
    gpus = len(tf.config.list_logical_devices("GPU"))
    return "mirrored" if gpus > 1 else "gpu" if gpus else "cpu"


def _tpu_attached() -> bool:
    """Whether a TPU is at hand, without asking the network for one."""
    if os.environ.get("TPU_NAME") or os.environ.get("COLAB_TPU_ADDR"):
        return True
    # The device files of TPU VMs: accel for v2 to v4, vfio groups from v5 on.
    has_device = os.path.exists("/dev/accel0") or os.path.exists("/dev/vfio/0")
    return has_device and bool(tf.config.list_physical_devices("TPU"))


def _tpu(address: str | None) -> tf.distribute.Strategy:
    if address is None and not _tpu_attached():
        raise RuntimeError(
            f"There is no TPU here (found: {available_devices()}). On a TPU machine "
            "install ganzoo[tpu]; elsewhere use --strategy auto, cpu, gpu or mirrored."
        )
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(
        tpu=address or os.environ.get("TPU_NAME", "local")
    )
    try:
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (tf.errors.OpError, ValueError) as error:
        raise RuntimeError(
            f"The TPU {resolver.master() or 'local'!r} did not start: {error}. "
            "'No OpKernel ... ConfigureDistributedTPU' means that plain tensorflow is "
            "installed in place of tensorflow-tpu (pip install 'ganzoo[tpu]')."
        ) from error
    return tf.distribute.TPUStrategy(resolver)


def _multi_worker() -> tf.distribute.Strategy:
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
    except json.JSONDecodeError as error:
        raise ValueError(f"TF_CONFIG is not valid JSON: {error}.") from error
    if not cluster.get("worker"):
        raise RuntimeError(
            "The strategy 'multi_worker' reads its cluster from the environment "
            "variable TF_CONFIG, which names no workers. Set it to "
            '{"cluster": {"worker": ["host0:port", ...]}, "task": {"type": "worker", '
            '"index": 0}} on every worker, each with its own index.'
        )
    return tf.distribute.MultiWorkerMirroredStrategy()


def _one_device(name: str) -> tf.distribute.Strategy:
    has_gpu = bool(tf.config.list_logical_devices("GPU"))
    if name == "gpu":
        _require_devices(["GPU:0"])
    if name == "cpu" and has_gpu:
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    # The default strategy is on that device already. Measured on a CPU, it trains twice
    # as fast as OneDeviceStrategy; on a GPU Keras compiles its step with XLA.
    return tf.distribute.get_strategy()


def _mirrored(devices: Sequence[str] | None) -> tf.distribute.Strategy:
    if devices is None:
        if not tf.config.list_logical_devices("GPU"):
            raise RuntimeError(
                "The strategy 'mirrored' takes every GPU, and there is none (found: "
                f"{available_devices()}). Use --strategy cpu, or name the devices."
            )
        return tf.distribute.MirroredStrategy()
    if not devices:
        raise ValueError("devices=() names no device; leave it out to take every GPU.")
    _require_devices(devices)
    if all("GPU" in device.upper() for device in devices):
        return tf.distribute.MirroredStrategy(list(devices))
    # Collectives between logical CPUs deadlock or crash; a plain sum does not.
    return tf.distribute.MirroredStrategy(
        list(devices), cross_device_ops=tf.distribute.ReductionToOneDevice()
    )


def _require_devices(devices: Sequence[str]) -> None:
    present = {
        f"{device.device_type}:{device.name.rsplit(':', 1)[-1]}"
        for device in tf.config.list_logical_devices()
    }
    missing = [
        device
        for device in devices
        if device.upper().removeprefix("/").replace("DEVICE:", "") not in present
    ]
    if missing:
        raise RuntimeError(
            f"There is no {', '.join(missing)} here (found: {available_devices()}). "
            "Use --strategy auto to take what is there."
        )
