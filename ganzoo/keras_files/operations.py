"""The operations of keras.ops that a .keras file may name.

`ops.tanh(x)`, or `x + 1`, in the graph of a model is one. An operation of Keras that is
in neither list is refused until it has been reviewed.
"""

import contextlib
from collections.abc import Iterator

import keras
from keras import KerasTensor
from keras.src.ops import core


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Operations on tensors that take no functions, by module.
OPERATIONS = {
    "keras.src.activations.activations": _words("Mish ReLU"),
    "keras.src.ops.core": _words(
        """
        Cast ConvertToTensor SaturateCast Scatter ScatterUpdate Slice SliceUpdate
        StopGradient Unstack
        """
    ),
    "keras.src.ops.einops": _words("Rearrange"),
    "keras.src.ops.image": _words(
        """
        AffineTransform CropImages ElasticTransform ExtractPatches GaussianBlur HSVToRGB
        MapCoordinates PadImages PerspectiveTransform RGBToGrayscale RGBToHSV Resize
        SSIM ScaleAndTranslate SobelEdges
        """
    ),
    "keras.src.ops.linalg": _words(
        """
        Cholesky CholeskyInverse Det Eig Eigh Inv Lstsq LuFactor MatrixRank Norm Pinv Qr
        SVD Solve SolveTriangular
        """
    ),
    "keras.src.ops.math": _words(
        """
        CDist Erf Erfc Erfinv ExtractSequences FFT FFT2 IFFT2 IRFFT ISTFT InTopK Logdet
        Logsumexp RFFT Rsqrt STFT SegmentMax SegmentMin SegmentProd SegmentReduction
        SegmentSum TopK ViewAsComplex ViewAsReal
        """
    ),
    "keras.src.ops.nn": _words(
        """
        AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm BinaryCrossentropy
        CTCDecode CTCLoss CategoricalCrossentropy Celu Conv ConvTranspose DepthToSpace
        DepthwiseConv DotProductAttention Elu Fold Gelu Glu HardShrink HardSigmoid
        HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid LogSoftmax MaxPool Moments
        MultiHot Normalize OneHot PSNR Polar RMSNorm Relu Relu6 Selu SeparableConv
        Sigmoid Silu SoftShrink Softmax Softplus Softsign SpaceToDepth
        SparseCategoricalCrossentropy SparsePlus SparseSigmoid Sparsemax Squareplus
        TanhShrink Threshold Unfold
        """
    ),
    "keras.src.ops.numpy": _words(
        """
        Abs Absolute Add All AllClose Amax Amin Angle Any Append Arange Arccos Arccosh
        Arcsin Arcsinh Arctan Arctan2 Arctanh Argmax Argmin Argpartition Argsort Array
        ArraySplit Average Bincount BitwiseAnd BitwiseInvert BitwiseLeftShift BitwiseNot
        BitwiseOr BitwiseRightShift BitwiseXor BroadcastTo Cbrt Ceil Clip Concatenate
        Conj Conjugate Copy Corrcoef Correlate Cos Cosh CountNonzero Cross Cumprod
        Cumsum Deg2rad Diag Diagflat Diagonal Diff Digitize Divide DivideNoNan Dot
        Dsplit Dstack Einsum EmptyLike Equal Exp Exp2 ExpandDims Expm1 Fabs Flip Fliplr
        Flipud Floor FloorDivide Fmax Fmin Fmod Full FullLike Gcd Geomspace GetItem
        Greater GreaterEqual Heaviside Histogram Hsplit Hstack Hypot I0 Imag Inner IsIn
        Isclose Isfinite Isinf Isnan Isneginf Isposinf Isreal Kron Lcm Ldexp LeftShift
        Less LessEqual Linspace Log Log10 Log1p Log2 Logaddexp Logaddexp2 LogicalAnd
        LogicalNot LogicalOr LogicalXor Logspace Matmul Max Maximum Mean Median Meshgrid
        Min Minimum Mod Moveaxis Multiply NanToNum Nanargmax Nanargmin Nancumprod
        Nancumsum Nanmax Nanmean Nanmedian Nanmin Nanpercentile Nanprod Nanquantile
        Nanstd Nansum Nanvar Ndim Negative Nextafter Nonzero NotEqual OnesLike Outer Pad
        Percentile Power Prod Ptp Quantile Rad2deg Ravel Real Reciprocal Repeat Reshape
        RightShift Roll Rot90 Round SearchSorted Select Sign Signbit Sin Sinc Sinh Size
        Slogdet Sort Split Sqrt Square Squeeze Stack Std Subtract Sum Swapaxes Take
        TakeAlongAxis Tan Tanh Tensordot Tile Trace Transpose Trapezoid Tril Triu
        TrueDivide Trunc Unique UnravelIndex Vander Var Vdot View Vsplit Vstack Where
        ZerosLike
        """
    ),
    "keras.src.quantizers.quantizers": _words("FakeQuantWithMinMaxVars"),
}
# Operations that take functions, or contain graphs.
REFUSED = {
    "keras.src.ops.core": _words(
        "AssociativeScan Cond ForiLoop Map Scan Switch VectorizedMap WhileLoop"
    ),
    "keras.src.ops.function": _words("Function"),
    "keras.src.ops.linalg": _words("JVP"),
}
MOST_PARTS = 1_000  # into which an operation divides a tensor
_DIVIDING = ("ArraySplit", "Dsplit", "Hsplit", "Split", "Unstack", "Vsplit")
_NUMBERS = ("indices_or_sections", "num")


def check_parts(name: str, config: dict) -> None:
    """Refuses operations that split a tensor into more than `MOST_PARTS` parts."""
    for key in _NUMBERS if name in _DIVIDING else ():
        count = config.get(key)
        if isinstance(count, int) and count > MOST_PARTS:
            raise _of_many(name, count)


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Limits operations to `MOST_PARTS` parts while a model is built."""
    with keras.saving.custom_object_scope({"Unstack": _Unstack}):
        yield


class _Unstack(core.Unstack):
    """An `Unstack` that checks the number of parts of its input."""

    def compute_output_spec(self, x: KerasTensor) -> list[KerasTensor]:
        if self.num is None and (count := x.shape[self.axis] or 0) > MOST_PARTS:
            raise _of_many("Unstack", count)
        return super().compute_output_spec(x)


def _of_many(name: str, count: int) -> ValueError:
    return ValueError(
        f"its {name} makes {count:,} tensors of one; {MOST_PARTS:,} are the most."
    )
