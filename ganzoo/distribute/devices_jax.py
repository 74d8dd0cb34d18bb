"""Distributions by name, and the available devices, on JAX.

The functions are those of `ganzoo.distribute.devices`, for TensorFlow.
"""

import os
from collections.abc import Sequence

import jax
import keras

from ganzoo.distribute.names import check_devices, counted

_KINDS = ("cpu", "gpu", "tpu")


def strategy(
    name: str = "auto", *, devices: Sequence[str] | None = None, tpu: str | None = None
) -> keras.distribution.DataParallel:
    """Returns the distribution of that name: every device has all variables.

    Build the networks, the model and its optimizers inside `strategy.scope()`.

    Args:
        name: `"auto"` takes every TPU core or GPU, or else the CPU; `"cpu"` and `"gpu"`
            use one device, `"mirrored"` all GPUs or the given `devices`, `"tpu"` all
            cores of the TPU, `"multi_worker"` those of all processes: of the hosts of a
            TPU, or as the environment variables of `keras.distribution.initialize` say.
        devices: The devices of `"mirrored"`, e.g. `("GPU:0", "GPU:1")`. Logical CPUs
            (see `virtual_cpus`) work too.
        tpu: None; JAX finds the TPU itself.

    Raises:
        ValueError: The name is unknown, or `devices` or `tpu` do not apply to it.
        RuntimeError: The device is not available; the message names those that are.
    """
    check_devices(name, devices)
    if tpu is not None:
        raise ValueError(f"tpu={tpu!r} is for TensorFlow; on JAX leave it out.")
    if name == "multi_worker":
        _meet()
    return keras.distribution.DataParallel(
        devices=_chosen(name, devices), auto_shard_dataset=False
    )


def device_kind(name: str = "auto") -> str:
    """Returns the kind of devices that a strategy uses: "CPU", "GPU" or "TPU".

    Args:
        name: Name of a strategy; see `strategy`.
    """
    if name in _KINDS:
        return name.upper()
    best = jax.default_backend().upper()
    return "GPU" if name == "mirrored" and best == "TPU" else best


def available_devices() -> str:
    """Describes the devices that JAX sees, e.g. `"1 CPU, 2 GPUs"`."""
    return counted(kind.upper() for kind in _KINDS for _ in _all(kind))


def virtual_cpus(count: int) -> None:
    """Splits the CPU into `count` logical devices, to try a strategy without GPUs.

    Raises:
        ValueError: `count` is below 1.
        RuntimeError: JAX has already started its devices, with another count.
    """
    if count < 1:
        raise ValueError(f"count={count} must be at least 1.")
    flag = "--xla_force_host_platform_device_count"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}={count}"
    if len(_all("cpu")) != count:
        raise RuntimeError(
            f"The CPU can only be split into {count} logical devices before JAX's "
            "first operation; call virtual_cpus() first."
        )


def gpus_multiply_bfloat16() -> bool:
    """Returns whether all GPUs have units for bfloat16 matrices: Ampere and later."""
    capabilities = (getattr(gpu, "compute_capability", "0") for gpu in _all("gpu"))
    return all(float(capability) >= 8 for capability in capabilities)


def _meet() -> None:
    """Connects this process to the others, unless it is."""
    if jax.distributed.is_initialized():
        return
    try:
        keras.distribution.initialize()
    except (ValueError, RuntimeError) as error:
        raise RuntimeError(
            f"The strategy 'multi_worker' did not start: {error} Only the hosts of a "
            "TPU find each other by themselves; elsewhere set "
            "KERAS_DISTRIBUTION_JOB_ADDRESSES=host0:port, "
            "KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID, "
            "counted from 0, for every worker."
        ) from error


def _chosen(name: str, devices: Sequence[str] | None) -> list[str]:
    """Returns devices in the way of Keras, e.g. "gpu:0"."""
    if name in ("auto", "multi_worker"):
        kind = jax.default_backend()
        return _all(kind)[:1] if (name, kind) == ("auto", "cpu") else _all(kind)
    kind = "gpu" if name == "mirrored" else name
    named = [one.lower().lstrip("/").removeprefix("device:") for one in devices or ()]
    found = named or _all(kind) or [f"{kind}:0"]
    missing = [one for one in found if one not in _all(one.partition(":")[0])]
    if missing:
        raise RuntimeError(
            f"There is no {', '.join(missing).upper()} here (found: "
            f"{available_devices()}). Use --strategy auto to take what is available."
        )
    return found[:1] if name in ("cpu", "gpu") else found


def _all(kind: str) -> list[str]:
    """Returns all devices of a kind; none if JAX has no such backend."""
    try:
        return [f"{device.platform}:{device.id}" for device in jax.devices(kind)]
    except RuntimeError:
        return []
