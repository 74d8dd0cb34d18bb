"""Provenance: the environment of a program, as part of its results."""

import datetime
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import keras

from ganzoo import distribute

_CPUINFO = Path("/proc/cpuinfo")  # Linux only
# Instruction sets of x86 processors that decide how fast they train, best first, by CPU
# flag. The first two multiply bfloat16 matrices.
_INSTRUCTIONS = {
    "amx_bf16": "AMX",
    "avx512_bf16": "AVX-512 BF16",
    "avx512f": "AVX-512 without bfloat16",
    "avx2": "AVX2",
}
# Environment variables that choose the kernels, and so the speed and the rounding.
_KERNEL_VARIABLES = (
    "DNNL_MAX_CPU_ISA",
    "OMP_NUM_THREADS",
    "ONEDNN_MAX_CPU_ISA",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "XLA_FLAGS",
)
# The packages that compute, by Keras's backend, and those of every run.
_COMPUTING = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib", "libtpu")}
_PACKAGES = ("keras", "numpy", "tensorflow-datasets", "ganzoo")


def describe() -> dict:
    """Returns time, command, versions, devices and git commit, of JSON types."""
    backend = keras.backend.backend()
    packages = (*_COMPUTING[backend], *_PACKAGES)
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "devices": distribute.available_devices(),
        "cpu_cores": os.cpu_count(),
        "processor": processor(),
        "variables": {n: os.environ[n] for n in _KERNEL_VARIABLES if n in os.environ},
        "backend": backend,
        "versions": {name: _version(name) for name in packages},
        "git_commit": git_commit(),
    }


def processor() -> str:
    """Returns number and model of the cores, and their widest instruction set."""
    text = _CPUINFO.read_text(encoding="utf-8") if _CPUINFO.exists() else ""
    lines = [line for line in text.splitlines() if ":" in line]
    fields = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in lines)
    names = [fields.get("model name") or platform.machine()]
    flags = fields.get("flags", "").split()
    names += [name for flag, name in _INSTRUCTIONS.items() if flag in flags][:1]
    return f"{os.cpu_count()} cores ({', '.join(names)})"


def command() -> str:
    """Returns the command line of this program, or "called in a notebook"."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is not None:
        return "called in a notebook"
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    program = ["-m", spec.name.removesuffix(".__main__")] if spec else sys.argv[:1]
    return shlex.join(["python", *program, *sys.argv[1:]])


def git_commit() -> str | None:
    """Returns the commit of the source, `-dirty` if it was changed; None outside git.

    A package installed inside an unrelated repository has no commit.
    """
    if shutil.which("git") is None:
        return None
    folder = Path(__file__).parent
    if _git(folder, "ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=12")


def _git(folder: Path, *arguments: str) -> str | None:
    result = subprocess.run(
        ["git", "-C", folder, *arguments], capture_output=True, text=True, check=False
    )
    return result.stdout.strip() or None if result.returncode == 0 else None


def _version(package: str) -> str | None:
    if package == "tensorflow":  # its builds have different distribution names
        return sys.modules["tensorflow"].__version__
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
