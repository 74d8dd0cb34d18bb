"""FFT convolution of small grids.

A convolution is a product of discrete Fourier transforms (Mathieu, Henaff & LeCun 2014,
"Fast Training of Convolutional Networks through FFTs"). On a grid of 4 to 9 cells per
side these transforms are small matrices, and the convolution is

    outputs = C ((A inputs) * (B kernel)),

where * is one matrix product (channels by filters) for each of the m rows of A and B.
The rows hold the real and imaginary parts, and their sums, with which Gauss multiplies
two complex numbers in three multiplications (the Gauss-FFT of Zlateski et al. 2018,
arXiv:1809.07851). So a 5x5 kernel on 7x7 cells takes 121 matrix products instead of
841. `multiplications` returns the cost of either way.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import backend

# Measured cost of one kernel-transform multiplication, in plain multiplications: its
# result is written and read again, forward and backward.
KERNEL_COST = 5


class Axis(NamedTuple):
    """One axis of a convolution with "same" padding."""

    cells: int  # number of positions of the coarse grid, which is that of the outputs
    kernel: int  # number of taps of the kernel
    stride: int  # number of input positions per cell

    @property
    def taps(self) -> tuple[np.ndarray, np.ndarray]:
        """The cell offset of each tap, and its position in that cell."""
        before = max(self.kernel - self.stride, 0) // 2
        return np.divmod(np.arange(self.kernel) - before, self.stride)

    @property
    def length(self) -> int:
        """The smallest cyclic length without wrap-around between taps and inputs."""
        ahead, _ = self.taps
        return self.cells + int(max(-ahead.min(), ahead.max()))

    @property
    def products(self) -> int:
        """The number of pairs of a tap and a cell that both lie on the grid."""
        ahead, _ = self.taps
        seen = np.arange(self.cells)[:, None] + ahead
        return int(np.sum((seen >= 0) & (seen < self.cells)))


class Transforms(NamedTuple):
    """The three matrices of a convolution."""

    inputs: np.ndarray  # A, `[m, cells]`
    kernel: np.ndarray  # B, `[m stride^2, taps]`
    outputs: np.ndarray  # C, `[cells, m]`


@functools.lru_cache(maxsize=64)
def transforms(rows: Axis, columns: Axis) -> Transforms:
    """Returns the matrices of a convolution with equal strides on both axes."""
    stride, sizes = rows.stride, np.array([rows.length, columns.length])
    cells = _positions(np.arange(rows.cells), np.arange(columns.cells))
    ahead, place = (
        _positions(*pair) for pair in zip(rows.taps, columns.taps, strict=True)
    )
    at = place @ [stride, 1] == np.arange(stride**2)[:, None]  # [stride^2, taps]
    inputs, kernel, outputs = [], [], []
    for frequency in _positions(np.arange(sizes[0]), np.arange(sizes[1])):
        mirrored = tuple(-frequency % sizes)
        if mirrored < tuple(frequency):
            continue  # the complex conjugate of an earlier frequency
        wave = np.exp(2j * np.pi * (cells @ (frequency / sizes)))
        taps = at * np.exp(2j * np.pi * (ahead @ (frequency / sizes)))
        back = wave / sizes.prod()
        if mirrored == tuple(frequency):  # real
            inputs.append(wave.real)
            kernel.append(taps.real)
            outputs.append(back.real)
            continue
        # Gauss: (a + ib)(c + id) = [c(a + b) - b(c + d)] + i [c(a + b) + a(d - c)].
        a, b = wave.real, -wave.imag
        inputs += [a + b, a, b]
        kernel += [taps.real, taps.imag - taps.real, taps.real + taps.imag]
        outputs += [2 * (back.real - back.imag), -2 * back.imag, -2 * back.real]
    return Transforms(
        np.stack(inputs),
        np.concatenate(kernel),  # [m stride^2, taps]
        np.stack(outputs, axis=1),
    )


def multiplications(
    rows: Axis, columns: Axis, channels: int, filters: int, batch: int
) -> tuple[int, int]:
    """Returns the multiplications of a convolution, directly and by FFT."""
    direct = batch * rows.products * columns.products * channels * filters
    count, cells = _count(rows, columns), rows.cells * columns.cells
    depth = rows.stride**2 * channels
    taps = rows.kernel * columns.kernel
    there_and_back = batch * count * cells * (depth + filters)
    products = batch * count * depth * filters
    of_kernel = KERNEL_COST * count * taps * channels * filters
    return direct, there_and_back + products + of_kernel


def convolution(inputs: KerasTensor, kernel: KerasTensor, stride: int) -> KerasTensor:
    """Convolves with "same" padding, as `keras.ops.conv` does.

    Inputs are `[n, height, width, channels]`, of static shape; the stride divides
    height and width. The kernel is `[taps, taps', channels, filters]`, of the same
    type.
    """
    batch, height, width, channels = inputs.shape
    taps, filters = kernel.shape[:2], kernel.shape[3]
    cells = height // stride, width // stride
    into, _, back = _constants(cells, taps, stride, inputs.dtype)
    parts = ops.reshape(inputs, [batch, cells[0], stride, cells[1], stride, channels])
    parts = ops.reshape(ops.transpose(parts, [1, 3, 0, 2, 4, 5]), [into.shape[1], -1])
    spectra = ops.reshape(into @ parts, [into.shape[0], batch, -1])
    products = spectra @ _transform_kernel(kernel, cells, stride)
    outputs = back @ ops.reshape(products, [into.shape[0], batch * filters])
    outputs = ops.reshape(outputs, [*cells, batch, filters])
    return ops.transpose(outputs, [2, 0, 1, 3])


def transposed(inputs: KerasTensor, kernel: KerasTensor, stride: int) -> KerasTensor:
    """Computes the transposed convolution with "same" padding, its gradient.

    Inputs are `[n, height, width, channels]`, of static shape, the kernel is `[taps,
    taps', filters, channels]`, of the same type.
    """
    batch, *cells, channels = inputs.shape
    taps, filters = kernel.shape[:2], kernel.shape[2]
    into, _, back = _constants(tuple(cells), taps, stride, inputs.dtype, turned=True)
    grid = ops.reshape(ops.transpose(inputs, [1, 2, 0, 3]), [back.shape[1], -1])
    spectra = back @ grid
    spectra = ops.reshape(spectra, [back.shape[0], batch, channels])
    of_kernel = _transform_kernel(kernel, tuple(cells), stride)
    products = backend.times_transposed(spectra, of_kernel)
    products = ops.reshape(products, [back.shape[0], -1])
    parts = into @ products
    parts = ops.reshape(parts, [*cells, batch, stride, stride, filters])
    return ops.reshape(
        ops.transpose(parts, [2, 0, 3, 1, 4, 5]),
        [batch, stride * cells[0], stride * cells[1], filters],
    )


def _transform_kernel(
    kernel: KerasTensor, cells: tuple[int, int], stride: int
) -> KerasTensor:
    """Transforms a kernel: `[m, stride^2 channels, filters]`."""
    *taps, channels, filters = kernel.shape
    _, matrix, _ = _constants(cells, taps, stride, kernel.dtype)
    spectra = matrix @ ops.reshape(kernel, [taps[0] * taps[1], channels * filters])
    return ops.reshape(spectra, [-1, stride**2 * channels, filters])


def _constants(
    cells: tuple[int, int],
    taps: Sequence[int],
    stride: int,
    dtype: str,
    *,
    turned: bool = False,
) -> tuple[KerasTensor, ...]:
    axes = [Axis(*pair, stride) for pair in zip(cells, taps, strict=True)]
    dtype = keras.backend.standardize_dtype(dtype)
    matrices = (matrix.T if turned else matrix for matrix in transforms(*axes))
    return tuple(ops.convert_to_tensor(matrix, dtype) for matrix in matrices)


def _count(rows: Axis, columns: Axis) -> int:
    """Returns m: one row per real frequency, three per pair of complex ones."""
    size = rows.length * columns.length
    real = (2 - rows.length % 2) * (2 - columns.length % 2)
    return real + 3 * (size - real) // 2


def _positions(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns all pairs, `[len(first) len(second), 2]`."""
    pairs = np.meshgrid(first, second, indexing="ij")
    return np.stack(pairs, axis=-1).reshape(-1, 2)
