"""Generator and discriminator of labeled objects in given boxes, along two paths.

The global path sees the whole image, the local path each object separately, with
weights that all objects share. The layers are those of table 1 of the source document
on several labeled digits, for images of 128x128. Where the table is silent we chose:
3x3 convolutions, separate noise for each object, tanh after the last layer of either
path, PReLU (He et al. 2015) with one slope per channel that starts at 0.25, and no bias
in layers before a normalization.
"""

import keras
from keras import layers

from ganzoo.layers import (
    AppendLabels,
    Blank,
    Crop,
    FoldObjects,
    LayoutImage,
    LogitDifference,
    Paste,
    SplitNoise,
    UnfoldObjects,
)
from ganzoo.networks.blocks import layer_seeds
from ganzoo.networks.layout_paths import DiscriminatorLayers, GeneratorLayers, Width

CONDITIONINGS = ("input", "projection", "classifier")


def layout_generator(
    latent_dim: int = 100,
    *,
    size: int = 128,
    num_classes: int = 10,
    width: float = 1.0,
    scene_width: float | None = None,
    object_size: int = 28,
    label_scale: float = 1.0,
    layout_image: bool = False,
    merge_convolutions: int = 0,
    seed: int | None = None,
) -> keras.Model:
    """Builds the generator of objects in boxes.

    Maps noise `[n, 1 + objects, latent_dim]`, labels `[n, objects]` and boxes
    `[n, objects, 4]` to images `[n, size, size, 1]` in [-1, 1]. The global path draws
    the background from the first row of the noise; the local path draws one object from
    each other row and a one-hot label. Objects are pasted into their boxes over the
    background, later ones over earlier ones. The generator takes any number of objects,
    regardless of the number in training.

    Either path grows from a quarter of its final size: a dense layer, then convolutions
    with 256, 128 and 64 channels times the width between upsamplings, each with batch
    normalization and PReLU.

    Args:
        latent_dim: Size of each row of noise.
        size: Height and width of the images, a multiple of 4.
        num_classes: Number of classes; labels are in [0, num_classes).
        width: Width of all hidden layers, relative to the table. Width 1 has 30.9
            million weights at size 128, width 1/4 has 2.2 million at size 64.
        scene_width: Width of the global path; by default `width`. This path costs the
            most, and a plain background needs little.
        object_size: Height and width at which objects are drawn, a multiple of 4.
        label_scale: Value of the one in a one-hot label. At 1, as in the table, a label
            makes up 1 % of the squared length of the local path's input; at the square
            root of `latent_dim`, half of it.
        layout_image: Whether to feed the global path an image of the boxes, colored by
            label, at a quarter of the size (Hinz et al. 2019, "Generating multiple
            objects at spatially distinct locations", feed an encoding of it).
        merge_convolutions: Number of convolutions with 64 channels times the width
            after the objects are pasted; 0 in the table.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Raises:
        ValueError: A size is not a multiple of 4, or another value is out of range.
    """
    _check_sizes(size=size, object_size=object_size)
    seeds = layer_seeds(seed)
    draw = GeneratorLayers(Width(width), seeds)
    draw_scene = GeneratorLayers(Width(scene_width or width), seeds)
    noise = keras.Input((None, latent_dim), name="noise")
    labels = keras.Input((None,), dtype="int32", name="labels")
    boxes = keras.Input((None, 4), name="boxes")
    scene, each = SplitNoise(name="split")(noise)
    codes = AppendLabels(num_classes, label_scale, name="local_labels")(each, labels)
    layout = None
    if layout_image:
        quarter = LayoutImage(num_classes, size // 4, size // 4, name="layout")
        layout = quarter(labels, boxes)
    background = draw_scene.path(scene, size, "global", layout)
    objects = draw.path(FoldObjects(name="fold")(codes), object_size, "local")
    objects = UnfoldObjects(name="unfold")(objects, codes)
    image = Paste(name="paste")(objects, boxes, background)
    for number in range(1, merge_convolutions + 1):
        image = draw.convolved(image, 64, f"merged_{number}")
    if merge_convolutions:
        image = draw.pixels(image, "merged")
    return keras.Model([noise, labels, boxes], image, name="generator")


def layout_discriminator(
    objects: int | None = 4,
    *,
    size: int = 128,
    num_classes: int = 10,
    width: float = 1.0,
    scene_width: float | None = None,
    object_size: int = 28,
    dropout: float = 0.3,
    joint: bool = True,
    blank: bool = False,
    conditioning: str = "input",
    context: float = 0.0,
    seed: int | None = None,
) -> keras.Model:
    """Builds the discriminator of objects in boxes.

    Maps images `[n, size, size, 1]`, labels `[n, objects]` and boxes `[n, objects, 4]`
    to logits: `[n, 1]` for a joint decision, otherwise `[n, 1 + objects]`: the logit of
    the global path, then one per object.

    Either path has convolutions with 32, 64 and 128 channels times the width, without
    strides, and a dense layer of 128 units, with PReLU and dropout; it ends in two
    units, real and fake. In the table, the units of the global path and of all objects
    are concatenated (10 units for 4 objects) and reduced to two, whose difference is
    the logit. The dense layer on the flattened 128x128x128 features has 268,435,456 of
    the 281.5 million weights (5.0 million in total at width 1/4 and size 64).

    Args:
        objects: Number of objects; None, for any number, requires `joint=False`.
        size: Height and width of the images.
        num_classes: Number of classes; labels are in [0, num_classes).
        width: Width of all hidden layers, relative to the table.
        scene_width: Width of the global path; by default `width`.
        object_size: Height and width of the crops that the local path sees.
        dropout: Fraction of the activations to drop.
        joint: Whether to return one joint logit, as in the table; otherwise each path
            and each object has its own logit, and no layer sees two objects.
        blank: Whether to cover the boxes before the global path, which then sees only
            the background.
        conditioning: How labels enter: `"input"`, as in the table, as channels of the
            crop; `"projection"`, by one linear map of the last features per class
            (Miyato & Koyama 2018, "cGANs with projection discriminator"); or
            `"classifier"`, not at all: the network returns class logits
            `[n, objects, num_classes]` as a second output (Odena et al. 2017,
            "Conditional image synthesis with auxiliary classifier GANs").
        context: Margin of the crop beyond each edge of the box, as a fraction of the
            box.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Raises:
        ValueError: The conditioning is unknown, a joint decision has no number of
            objects, or a size is out of range.
    """
    _check_decision(objects, joint, conditioning)
    seeds = layer_seeds(seed)
    decision = DiscriminatorLayers(Width(width), seeds, dropout, num_classes)
    scene_decision = DiscriminatorLayers(
        Width(scene_width or width), seeds, dropout, num_classes
    )
    images = keras.Input((size, size, 1), name="images")
    labels = keras.Input((objects,), dtype="int32", name="labels")
    boxes = keras.Input((objects, 4), name="boxes")
    scene = Blank(name="blank")(images, boxes) if blank else images
    crops = Crop(object_size, context, name="crop")(images, boxes)
    seen = crops
    if conditioning == "input":
        seen = AppendLabels(num_classes, name="local_labels")(crops, labels)
    whole = decision.two(scene_decision.path(scene, "global"), "global")
    features = decision.path(FoldObjects(name="fold")(seen), "local")
    each = decision.two(features, "local")
    if conditioning == "projection":
        each = decision.projected(
            each, features, FoldObjects(name="fold_labels")(labels)
        )
    if joint and objects is not None:
        each = UnfoldObjects(name="unfold")(each, crops)
        joined = [whole, layers.Reshape((2 * objects,), name="all")(each)]
        joined = layers.Concatenate(name="join", dtype="float32")(joined)
        logits = LogitDifference(name="logit")(decision.two(joined, "joint"))
    else:
        each = LogitDifference(name="local_logit")(each)
        each = UnfoldObjects(name="unfold", dtype="float32")(each, crops)
        each = layers.Reshape((objects or -1,), name="all", dtype="float32")(each)
        whole = LogitDifference(name="global_logit")(whole)
        logits = layers.Concatenate(name="join", dtype="float32")([whole, each])
    if conditioning == "classifier":
        classes = decision.dense(features, num_classes, "classes")
        classes = UnfoldObjects(name="unfold_classes", dtype="float32")(classes, crops)
        logits = [logits, classes]
    return keras.Model([images, labels, boxes], logits, name="discriminator")


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if not isinstance(size, int) or size < 4 or size % 4:
            raise ValueError(f"{name}={size!r} must be a multiple of 4, at least 4.")


def _check_decision(objects: int | None, joint: bool, conditioning: str) -> None:
    if conditioning not in CONDITIONINGS:
        raise ValueError(
            f"conditioning={conditioning!r} must be one of {', '.join(CONDITIONINGS)}."
        )
    if objects is None and joint:
        raise ValueError(
            "objects=None with joint=True: a joint decision needs the number of "
            "objects. Pass it, e.g. objects=4, or use joint=False."
        )
    if objects is not None and objects < 1:
        raise ValueError(f"objects={objects} must be at least 1, or None for any.")
