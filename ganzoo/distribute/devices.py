"""Distribution strategies by name, and the available devices."""

import json
import os
from collections.abc import Sequence

import tensorflow as tf

from ganzoo.distribute.names import check_devices, counted

_FIRST_GPU = (8, 0)  # compute capability of the first GPUs with bfloat16, Ampere


def strategy(
    name: str = "auto", *, devices: Sequence[str] | None = None, tpu: str | None = None
) -> tf.distribute.Strategy:
    """Returns the distribution strategy of that name.

    Build the networks, the model and its optimizers inside `strategy.scope()`.

    Args:
        name: `"auto"` takes the fastest available: a TPU, every GPU, or the CPU.
            `"cpu"` and `"gpu"` use one device, `"mirrored"` all GPUs of this host or
            the given `devices`, `"tpu"` a Cloud or Colab TPU, `"multi_worker"` the
            cluster that the environment variable `TF_CONFIG` describes.
        devices: The devices of `"mirrored"`, e.g. `("GPU:0", "GPU:1")`. Logical CPUs
            (see `virtual_cpus`) work too.
        tpu: Name or address of the TPU; by default the one attached to this machine
            (`"local"`) or the one that the environment variable `TPU_NAME` names.

    Raises:
        ValueError: The name is unknown, or `devices` or `tpu` do not apply to it.
        RuntimeError: The device is not available; the message names those that are.
    """
    check_devices(name, devices)
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


def device_kind(name: str = "auto") -> str:
    """Returns the kind of devices that a strategy uses: "CPU", "GPU" or "TPU".

    It does not initialize them, so that a strategy can still be created.

    Args:
        name: Name of a strategy; see `strategy`.
    """
    gpus = bool(tf.config.list_physical_devices("GPU"))
    if name == "tpu" or (name == "auto" and _tpu_attached()):
        return "TPU"
    return "GPU" if name != "cpu" and (gpus or name == "gpu") else "CPU"


def available_devices() -> str:
    """Describes the devices that TensorFlow sees, e.g. `"1 CPU, 2 GPUs"`."""
    return counted(device.device_type for device in tf.config.list_logical_devices())


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


def gpus_multiply_bfloat16() -> bool:
    """Returns whether all GPUs have units for bfloat16 matrices."""
    # GPUs of other makers have no compute capability.
    gpus = tf.config.list_physical_devices("GPU")
    details = map(tf.config.experimental.get_device_details, gpus)
    return all(
        found.get("compute_capability", (0, 0)) >= _FIRST_GPU for found in details
    )


def _best_available(tpu: str | None) -> str:
    if tpu is not None or _tpu_attached():
        return "tpu"
    gpus = len(tf.config.list_logical_devices("GPU"))
    return "mirrored" if gpus > 1 else "gpu" if gpus else "cpu"


def _tpu_attached() -> bool:
    """Returns whether a TPU is attached, without searching the network for one."""
    if os.environ.get("TPU_NAME") or os.environ.get("COLAB_TPU_ADDR"):
        return True
    # The device files of TPU VMs: accel for v2 to v4, vfio groups from v5 on.
    has_device = os.path.exists("/dev/accel0") or os.path.exists("/dev/vfio/0")
    return has_device and bool(tf.config.list_physical_devices("TPU"))


def _tpu(address: str | None) -> tf.distribute.Strategy:
    if address is None and not _tpu_attached():
        raise RuntimeError(
            f"There is no TPU here (found: {available_devices()}). On a TPU machine "
            "take JAX: KERAS_BACKEND=jax, with ganzoo[jax-tpu] installed; elsewhere "
            "use --strategy auto, cpu, gpu or mirrored."
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
            "installed in place of tensorflow-tpu; in a new environment, in the "
            "project's folder, run python -m pip install -e '.[tpu]'."
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
    # The default strategy already uses that device. Measured on a CPU, it trains twice
    # as fast as OneDeviceStrategy; on a GPU, Keras compiles its step with XLA.
    return tf.distribute.get_strategy()


def _mirrored(devices: Sequence[str] | None) -> tf.distribute.Strategy:
    if devices is None:
        if not tf.config.list_logical_devices("GPU"):
            raise RuntimeError(
                "The strategy 'mirrored' takes every GPU, but there is none (found: "
                f"{available_devices()}). Use --strategy cpu, or name the devices."
            )
        return tf.distribute.MirroredStrategy()
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
            "Use --strategy auto to take what is available."
        )
