"""Detects units of CPUs, GPUs and TPUs that multiply bfloat16 matrices.

Without such units bfloat16 is slower than float32, and less exact than necessary:
TensorFlow's own CPU kernels truncate the results of matrix products where they should
round them, and sum the gradients of convolutions in bfloat16.
"""

import functools
import os
from pathlib import Path

import tensorflow as tf

from ganzoo.distribute import devices

_CPUINFO = Path("/proc/cpuinfo")  # Linux has it
# Flags of x86 processors, the best first.
_UNITS = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 BF16"}
# Limits of oneDNN, which has TensorFlow's bfloat16 kernels, that exclude these units.
_NARROW = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2"}
_NARROW |= {"AVX512_CORE", "AVX512_CORE_VNNI"}
_FIRST_GPU = (8, 0)  # compute capability of the first GPUs with bfloat16, Ampere


def multiplies_bfloat16(strategy: str = "auto") -> bool:
    """Returns whether the devices of a strategy have units for bfloat16 matrices.

    It does not initialize the devices, so that a strategy can still be created.

    Args:
        strategy: Name of a strategy; see `ganzoo.distribute.strategy`.
    """
    kind = devices.device_kind(strategy)
    if kind == "TPU":
        return True
    if kind == "CPU":
        return cpu_unit() is not None
    # GPUs of other makers have no compute capability.
    gpus = tf.config.list_physical_devices("GPU")
    details = map(tf.config.experimental.get_device_details, gpus)
    return all(
        found.get("compute_capability", (0, 0)) >= _FIRST_GPU for found in details
    )


def cpu_unit() -> str | None:
    """Returns the CPU's unit for bfloat16 matrices; None if TensorFlow uses none."""
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1").lower() in ("0", "false"):
        return None
    widest = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA")
    if (widest or "").upper() in _NARROW:
        return None
    flags = cpu_flags(_CPUINFO)
    return next((unit for flag, unit in _UNITS.items() if flag in flags), None)


def onednn_without_avx512() -> bool:
    """Returns whether oneDNN's kernels compute on an x86 CPU without AVX-512.

    TensorFlow leaves them off there by default, and one of them is wrong (measured with
    TensorFlow 2.21): the kernel's gradient of convolutions of 1x1 with strides and at
    most `ganzoo.layers.convolution.WRONG_CHANNELS` input channels.
    """
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "0").lower() in ("0", "false"):
        return False
    flags = cpu_flags(_CPUINFO)
    return "avx2" in flags and "avx512f" not in flags


@functools.lru_cache(maxsize=4)
def cpu_flags(path: Path) -> frozenset[str]:
    """Returns the CPU's instruction sets; an empty set if the system does not tell.

    Args:
        path: The file in which Linux lists them.
    """
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "flags":
                return frozenset(value.lower().split())
    return frozenset()
