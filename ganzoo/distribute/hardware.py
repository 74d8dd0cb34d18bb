"""Detects units of CPUs, GPUs and TPUs that multiply bfloat16 matrices.

Without such units bfloat16 is slower than float32, and less exact than necessary:
TensorFlow's own CPU kernels truncate the results of matrix products where they should
round them, and sum the gradients of convolutions in bfloat16.
"""

import functools
import os
from pathlib import Path

import keras

if keras.config.backend() == "tensorflow":
    from ganzoo.distribute import devices
else:
    from ganzoo.distribute import devices_jax as devices  # type: ignore[no-redef]

_CPUINFO = Path("/proc/cpuinfo")  # Linux has it
# Flags of x86 processors, the best first.
_UNITS = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 BF16"}
# Intel's AVX-512 BF16 is slower than its float32, where AMX is absent or hidden from a
# virtual machine: 169 against 322 GFLOP/s (tests.benchmarks.train_step, 2 cores with
# avx512_fp16, oneDNN of TensorFlow 2.21). AMD's is faster: 392 against 209.
_SLOW = ("GenuineIntel", "AVX-512 BF16")
# Limits of oneDNN, which has TensorFlow's bfloat16 kernels, that exclude these units.
_NARROW = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2"}
_NARROW |= {"AVX512_CORE", "AVX512_CORE_VNNI"}


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
    return devices.gpus_multiply_bfloat16()


def cpu_unit() -> str | None:
    """Returns the CPU's unit for bfloat16 matrices.

    None if TensorFlow uses none, or if it is slower than those for float32.
    """
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1").lower() in ("0", "false"):
        return None
    widest = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA")
    if (widest or "").upper() in _NARROW:
        return None
    flags, vendor = cpu_flags(_CPUINFO), cpu_fields(_CPUINFO).get("vendor_id")
    found = next((unit for flag, unit in _UNITS.items() if flag in flags), None)
    return None if (vendor, found) == _SLOW else found


def onednn_without_avx512() -> bool:
    """Returns whether oneDNN's kernels compute on an x86 CPU without AVX-512.

    TensorFlow leaves them off there by default, and one of them is wrong (measured with
    TensorFlow 2.21): the kernel's gradient of convolutions of 1x1 with strides and at
    most `ganzoo.layers.convolution.WRONG_CHANNELS` input channels.
    """
    used = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "0").lower() not in ("0", "false")
    if not used or keras.config.backend() != "tensorflow":
        return False
    flags = cpu_flags(_CPUINFO)
    return "avx2" in flags and "avx512f" not in flags


def cpu_flags(path: Path) -> frozenset[str]:
    """Returns the CPU's instruction sets; an empty set if the system does not tell.

    Args:
        path: The file in which Linux lists them.
    """
    return frozenset(cpu_fields(path).get("flags", "").lower().split())


@functools.lru_cache(maxsize=4)
def cpu_fields(path: Path) -> dict[str, str]:
    """Returns what Linux tells about the CPU's first core, by name."""
    fields: dict[str, str] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            fields.setdefault(name.strip(), value.strip())
    return fields
