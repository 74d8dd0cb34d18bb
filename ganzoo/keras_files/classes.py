"""The classes that a .keras file may name: they compute images, and do nothing else.

A layer of Keras that is in neither list is refused until it has been reviewed.
"""

import re

import keras

from ganzoo.keras_files import operations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Layers whose memory follows from their outputs and weights, and which touch no file.
LAYERS = _words(
    """
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
    AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
    AdaptiveMaxPooling3D Add AdditiveAttention AlphaDropout Attention Average
    AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Bidirectional
    CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D
    Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D
    Cropping2D Cropping3D Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU
    EinsumDense Embedding Flatten GRU GRUCell GaussianDropout GaussianNoise
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization
    GroupQueryAttention Identity InputLayer LSTM LSTMCell LayerNormalization LeakyReLU
    Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum MultiHeadAttention
    Multiply PReLU Permute RMSNormalization RNN ReLU RepeatVector Rescaling Reshape
    Resizing ReversibleEmbedding SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell
    Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization
    StackedRNNCells Subtract TimeDistributed UnitNormalization UpSampling1D
    UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """
)
# Layers that run code, read files, or create tables and arrays while being built.
REFUSED = _words(
    """
    AugMix AutoContrast ContrastLimitedAdaptiveHistogramEqualization CutMix
    Discretization Equalization FlaxLayer HashedCrossing Hashing InputSpec IntegerLookup
    JaxLayer Lambda Layer MaxNumBoundingBoxes MelSpectrogram MixUp Normalization
    Pipeline RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter
    RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
    RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
    RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
    RandomTranslation RandomZoom STFTSpectrogram Solarization StringLookup TFSMLayer
    TextVectorization TorchModuleWrapper Wrapper
    """
)
PARTS = {
    "keras": {"DTypePolicy", "FloatDTypePolicy"},
    "keras.dtype_policies": {"DTypePolicyMap"},
    "keras.random": {"SeedGenerator"},
    "keras.initializers": _words(
        """
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity
        IdentityInitializer LecunNormal LecunUniform Ones Orthogonal
        OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal VarianceScaling
        Zeros
        """
    ),
    "keras.regularizers": {"L1", "L1L2", "L2", "OrthogonalRegularizer"},
    "keras.constraints": {"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"},
}
_MODELS = {
    ("keras.src.models.functional", "Functional"),
    ("keras", "Functional"),
    ("keras", "Sequential"),
}
# Parts of the same modules that serve quantization, or tables.
REFUSED_PARTS = {
    "keras.dtype_policies": _words(
        """
        AWQDTypePolicy GPTQDTypePolicy Int4DTypePolicy QuantizedDTypePolicy
        QuantizedFloat8DTypePolicy
        """
    ),
    "keras.initializers": _words("Initializer STFT STFTInitializer"),
    "keras.regularizers": _words("Regularizer"),
    "keras.constraints": _words("Constraint"),
}
_PLAIN = re.compile(r"[\w /.:-]*")  # paths of layers, which Keras takes for patterns
# Plain values in the arguments of a layer's call.
VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__"}


def kind(described: dict) -> str | None:
    """Returns the kind of an object from its serialized configuration.

    Returns:
        "layer", "model", "gan" (a GAN of ganzoo), "operation", "part" (such as an
        initializer), or None if it is refused.
    """
    module, name, registered = (
        described.get(key) for key in ("module", "class_name", "registered_name")
    )
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    if isinstance(registered, str) and registered.startswith("ganzoo>"):
        return _own(registered, name)
    if registered not in (None, name):
        return None
    if (module, name) in _MODELS:
        return "model"
    if module == "keras.layers":
        return "layer" if name in LAYERS else None
    if name in PARTS.get(module, ()):
        return "part"
    if name == "Unstack" and registered != name:
        return None  # Keras would use another class than the one in `operations`
    return "operation" if name in operations.OPERATIONS.get(module, ()) else None


def is_foreign(described: dict) -> bool:
    """Returns whether an object's class is a user's, or of another package."""
    if described.get("class_name") == "function":
        return False
    module, registered = described.get("module"), described.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        return not registered.startswith("ganzoo>")
    named = isinstance(module, str) and module.split(".")[0]
    return not module or named not in ("builtins", "ganzoo", "keras")


def check_config(name: str, config: dict) -> None:
    """Refuses classes of many results, or with patterns in place of layers' paths.

    They take long or fill memory as soon as Keras builds them.
    """
    operations.check_parts(name, config)
    paths = config.get("policy_map") if name == "DTypePolicyMap" else None
    for path in paths if isinstance(paths, dict) else ():
        if not _PLAIN.fullmatch(path):
            raise ValueError(
                f"its {name} has the pattern {path!r} for paths of layers."
            )


def _own(registered: str, name: str) -> str | None:
    found = keras.saving.get_registered_object(registered)
    if not isinstance(found, type) or found.__name__ != name:
        return None
    if found.__module__.partition(".")[0] != "ganzoo":
        return None
    if issubclass(found, keras.Model):
        return "gan"
    return "layer" if issubclass(found, keras.layers.Layer) else None
