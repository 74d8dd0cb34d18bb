"""Convolutions computed in the fastest of several equivalent ways.

On CPUs, convolutions with many channels on a small grid are FFT convolutions; see
`ganzoo.layers.fft_convolution`. On all devices, convolutions of images use the coarse
grid: a convolution with stride s reads its input at s x s interleaved positions. Moving
these positions to the channels (space to depth) turns it into an equivalent convolution
with stride 1 and s^2 times the input channels; a transposed convolution computes s^2
times the channels and interleaves them afterwards (depth to space: the sub-pixel
convolution of Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution").
With the few channels of images this is faster: matrix units that would process one
column process s^2.

On CPUs, sums are computed in float32 for any dtype of the layer: TensorFlow sums the
gradient of a bias in bfloat16, which stops growing at 256, and without units for
bfloat16 matrices also that of the kernel, several times slower than in float32.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend, distribute
from ganzoo.layers import fft_convolution

# Most channels with which oneDNN's gradient of a strided 1x1 convolution is wrong; see
# `distribute.onednn_without_avx512`. From 8 on, an AVX2 register, it is right.
WRONG_CHANNELS = 7
MAX_CHANNELS = 4  # of an image; from 64 on the coarse grid was measured to be slower
# With fewer channels, memory traffic outweighs the multiplications that the FFT saves.
MIN_CHANNELS = 16
MAX_CELLS = 16  # per side; the FFT's matrices grow with its fourth power
MAX_COST_RATIO = 0.9  # FFT to direct multiplications; at 1 both were measured equal

_direct = contextvars.ContextVar("ganzoo_direct_convolutions", default=False)


@contextlib.contextmanager
def direct_convolutions() -> Iterator[None]:
    """Makes convolutions inside use Keras's algorithm instead of those for CPUs.

    It applies to the thread that enters it. Steps for other devices do not need it: the
    strategy in scope tells the kind of device.
    """
    token = _direct.set(True)
    try:
        yield
    finally:
        _direct.reset(token)


@keras.saving.register_keras_serializable("ganzoo")
class Conv2D(keras.layers.Conv2D):
    """The convolution of Keras, in the fastest way for its shape.

    It computes the same function of the same weights, up to rounding. The arguments are
    those of `keras.layers.Conv2D`.

    Input `[n, height, width, channels]`, output `[n, height', width', filters]`.
    """

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Convolves, adds the bias, and applies the activation."""
        if not _sums_need_care(inputs):
            return super().call(inputs)
        return _finished(self, self.convolution_op(inputs, self.kernel))

    def convolution_op(self, inputs: KerasTensor, kernel: KerasTensor) -> KerasTensor:
        """Convolves; `call` adds the bias and applies the activation."""
        kernel = ops.convert_to_tensor(kernel)
        if _skips_positions(self):
            rows, columns = self.strides
            return _exactly(_plain_1x1, inputs[:, ::rows, ::columns], kernel)
        if _coarse_pays(self, inputs.shape, inputs.shape[-1]):
            return _exactly(_coarse_convolution, inputs, kernel, self.strides)
        if _fft_pays(self, inputs, kernel, transposed=False):
            return _exactly(
                fft_convolution.convolution, inputs, kernel, self.strides[0]
            )
        return _exactly(super().convolution_op, inputs, kernel)


@keras.saving.register_keras_serializable("ganzoo")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """The transposed convolution of Keras, in the fastest way for its shape.

    It computes the same function of the same weights, up to rounding. The arguments are
    those of `keras.layers.Conv2DTranspose`.

    Input `[n, height, width, channels]`, output `[n, height', width', filters]`.
    """

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Convolves, adds the bias, and applies the activation."""
        kernel = ops.convert_to_tensor(self.kernel)
        if self.output_padding is None:
            if _coarse_pays(self, inputs.shape, self.filters, transposed=True):
                outputs = _exactly(_coarse_transposed, inputs, kernel, self.strides)
                return _finished(self, outputs)
            if _fft_pays(self, inputs, kernel, transposed=True):
                stride = self.strides[0]
                outputs = _exactly(fft_convolution.transposed, inputs, kernel, stride)
                return _finished(self, outputs)
        if not _sums_need_care(inputs):
            return super().call(inputs)
        return _finished(self, _exactly(self._direct, inputs, kernel))

    def _direct(self, inputs: KerasTensor, kernel: KerasTensor) -> KerasTensor:
        return ops.conv_transpose(
            inputs,
            kernel,
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )


def _exactly(
    convolve: Callable, inputs: KerasTensor, kernel: KerasTensor, *arguments: Any
) -> KerasTensor:
    """Convolves; bfloat16 is computed in float32 on a CPU without units for it."""
    if (
        not _sums_need_care(inputs)
        or kernel.dtype != inputs.dtype
        or distribute.cpu_unit() is not None
    ):
        return convolve(inputs, kernel, *arguments)
    wide = [ops.cast(tensor, "float32") for tensor in (inputs, kernel)]
    return ops.cast(convolve(*wide, *arguments), inputs.dtype)


def _sums_need_care(inputs: KerasTensor) -> bool:
    """Returns whether TensorFlow's own kernels would sum in bfloat16."""
    bfloat16 = keras.backend.standardize_dtype(inputs.dtype) == "bfloat16"
    return bfloat16 and _for_cpus()


def _finished(layer: keras.Layer, outputs: KerasTensor) -> KerasTensor:
    """Adds the bias with an operation whose gradient is summed in float32."""
    if layer.use_bias:
        first = layer.data_format == "channels_first"
        outputs += ops.reshape(layer.bias, [-1, 1, 1]) if first else layer.bias
    return outputs if layer.activation is None else layer.activation(outputs)


def has_wrong_gradient(layer: keras.Layer) -> bool:
    """Returns whether TensorFlow computes a wrong gradient of a layer on this CPU.

    See `distribute.onednn_without_avx512`. The layers of this module avoid it where
    they skip positions or use the coarse grid. Keras's layers of one and three
    dimensions, depthwise and separable ones were measured to be right.
    """
    if (
        not isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose)
        or layer.kernel_size != (1, 1)
        or max(layer.strides) == 1
        or not layer.built
    ):
        return False
    if isinstance(layer, Conv2D) and _skips_positions(layer):
        return False
    if isinstance(layer, Conv2DTranspose) and layer.output_padding is None:
        shape = (None, None, None, None)
        if _coarse_pays(layer, shape, layer.filters, transposed=True):
            return False
    # [1, 1, channels, filters]; a transposed convolution's are the other way around.
    few = layer.kernel.shape[2] <= WRONG_CHANNELS
    return few and distribute.onednn_without_avx512() and _for_cpus()


def _skips_positions(layer: keras.Layer) -> bool:
    """Returns whether a 1x1 convolution leaves out positions of its input."""
    return (
        layer.kernel_size == (1, 1)
        and max(layer.strides) > 1
        and layer.data_format == "channels_last"
        and layer.groups == 1
    )


def _plain_1x1(inputs: KerasTensor, kernel: KerasTensor) -> KerasTensor:
    return _convolve(inputs, kernel, "valid")


def _coarse_pays(
    layer: keras.Layer,
    shape: Sequence[int | None],
    channels: int,
    transposed: bool = False,
) -> bool:
    """Returns whether the coarse grid can compute this layer, and is faster."""
    return (
        layer.strides[0] > 1
        and channels <= MAX_CHANNELS
        and _plain(layer, shape, transposed)
    )


def _fft_pays(
    layer: keras.Layer, inputs: KerasTensor, kernel: KerasTensor, transposed: bool
) -> bool:
    """Returns whether an FFT can compute this layer, and is faster."""
    shape, stride = inputs.shape, layer.strides[0]
    if not (
        None not in shape
        and min(kernel.shape[2:]) >= MIN_CHANNELS
        and inputs.dtype == kernel.dtype
        and _plain(layer, shape, transposed)
        and _for_cpus()
    ):
        return False
    cells = shape[1:3] if transposed else [size // stride for size in shape[1:3]]
    if max(cells) > MAX_CELLS or min(cells) < 2:
        return False
    rows, columns = (
        fft_convolution.Axis(*pair, stride)
        for pair in zip(cells, kernel.shape[:2], strict=True)
    )
    channels, filters = kernel.shape[2:]
    direct, by_fft = fft_convolution.multiplications(
        rows, columns, channels, filters, batch=shape[0]
    )
    return by_fft <= MAX_COST_RATIO * direct


def _plain(layer: keras.Layer, shape: Sequence[int | None], transposed: bool) -> bool:
    """Returns whether the algorithms of this module support the layer."""
    stride = layer.strides[0]
    divisible = transposed or all(
        size is not None and size % stride == 0 for size in shape[1:3]
    )
    return (
        layer.strides == (stride, stride)
        and divisible
        and layer.padding == "same"
        and layer.data_format == "channels_last"
        and layer.dilation_rate in (1, (1, 1))
        and getattr(layer, "groups", 1) == 1
    )


def _for_cpus() -> bool:
    """Returns whether the step runs on CPUs; others have units for convolutions."""
    return not _direct.get() and backend.device_kind() == "CPU"


def _coarse_convolution(
    images: KerasTensor, kernel: KerasTensor, strides: tuple[int, int]
) -> KerasTensor:
    """Convolves with stride s and "same" padding, as one convolution of stride 1."""
    stride = strides[0]
    (rows, columns), blocks, channels, filters = _taps(kernel, stride)
    kernel = ops.reshape(
        ops.transpose(blocks, [0, 2, 1, 3, 4, 5]),
        [rows.count, columns.count, stride**2 * channels, filters],
    )
    cells = backend.space_to_depth(images, stride)
    return _padded_convolution(cells, kernel, [rows.padding, columns.padding])


def _coarse_transposed(
    features: KerasTensor, kernel: KerasTensor, strides: tuple[int, int]
) -> KerasTensor:
    """Computes a transposed convolution with stride s as one of stride 1."""
    stride = strides[0]
    (rows, columns), blocks, filters, channels = _taps(kernel, stride)
    kernel = ops.reshape(
        ops.transpose(blocks[::-1, :, ::-1], [0, 2, 5, 1, 3, 4]),
        [rows.count, columns.count, channels, stride**2 * filters],
    )
    padding = [rows.padding[::-1], columns.padding[::-1]]
    return backend.depth_to_space(
        _padded_convolution(features, kernel, padding), stride
    )


def _padded_convolution(
    cells: KerasTensor, kernel: KerasTensor, padding: list[list[int]]
) -> KerasTensor:
    # Not padding=[...]: with it bfloat16 runs at a third of the speed on a CPU.
    if all(after - before in (0, 1) for before, after in padding):
        return _convolve(cells, kernel, "same")
    return _convolve(ops.pad(cells, [[0, 0], *padding, [0, 0]]), kernel, "valid")


def _convolve(inputs: KerasTensor, kernel: KerasTensor, padding: str) -> KerasTensor:
    return ops.conv(inputs, kernel, 1, padding, "channels_last")


class _Axis:
    """How the taps of one axis of a kernel fall on the cells of the coarse grid."""

    def __init__(self, size: int, stride: int):
        before = max(size - stride, 0) // 2  # what "same" padding puts before
        self.front = -before % stride  # zeros that align the taps with the cells
        self.count = -(-(self.front + size) // stride)  # cells that the taps touch
        self.back = self.count * stride - self.front - size
        cells_before = (before + self.front) // stride
        self.padding = [cells_before, self.count - 1 - cells_before]


def _taps(kernel: KerasTensor, stride: int) -> tuple:
    """Returns the axes and the kernel as `[cells, s, cells, s, ...]`."""
    axes = [_Axis(size, stride) for size in kernel.shape[:2]]
    rows, columns = axes
    first, second = kernel.shape[2:]
    padded = ops.pad(
        kernel, [[rows.front, rows.back], [columns.front, columns.back], [0, 0], [0, 0]]
    )
    blocks = ops.reshape(
        padded, [rows.count, stride, columns.count, stride, first, second]
    )
    return axes, blocks, first, second
