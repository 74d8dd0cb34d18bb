"""Benchmarks: programs that measure, not tests."""

import sys

import ganzoo  # noqa: F401  before TensorFlow, whose kernels it chooses

# PyTorch imports triton, if it is there, which crashes in a process with TensorFlow.
sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
