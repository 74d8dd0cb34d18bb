"""Benchmarks: programs that measure, not tests."""

import ganzoo  # noqa: F401  before TensorFlow, whose kernels it chooses
