"""Players that draw and judge labeled objects in given boxes, along two paths.

The global path sees the image, the local one each object by itself, with weights that
all objects share. Source: table 1 of the source document on several labeled digits,
whose layers these are, for images of 128x128. What the table leaves open is chosen
here: convolutions of 3x3 pixels, each object with noise of its own, tanh behind the
last layer of either path, PReLU (He et al. 2015) with a slope a channel that starts at
0.25, and no biases before a normalization.
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
from ganzoo.networks.layout_paths import DiscriminatorLayers, GeneratorLayers, Width
from ganzoo.networks.mlp import layer_seeds

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

    Noise `[n, 1 + objects, latent_dim]`, labels `[n, objects]` and boxes
    `[n, objects, 4]` to images `[n, size, size, 1]` in [-1, 1]. The first row of the
    noise is the global path's, which draws the background; each other one, with a
    one-hot label, is the local path's, which draws one object. Objects are written over
    the background in their boxes, the later over the earlier. Any number of objects
    will do, whatever it was trained on.

    Inside, either path goes from a quarter of its size to all of it: a dense layer, and
    convolutions with 256, 128 and 64 channels times the width between upsamplings, each
    with batch normalization and PReLU.

    Args:
        latent_dim: Numbers of a row of noise.
        size: Height and width of the images, a multiple of 4.
        num_classes: Labels are 0 to this, which is left out.
        width: Of all hidden layers, relative to the table. The full width has 30.9
            million weights at a size of 128, a quarter 2.2 million at 64.
        scene_width: Of the global path alone; `width` by default. It costs the most,
            and a plain background needs little.
        object_size: Height and width that objects are drawn in, a multiple of 4.
        label_scale: Value of the one in a one-hot label. At 1, the table's, a label
            has 1 % of the squared length of what the local path is fed; at the square
            root of `latent_dim` it has half.
        layout_image: Feed the global path an image of the boxes, colored by label, at
            a quarter of the size (Hinz et al. 2019, "Generating multiple objects at
            spatially distinct locations", feed theirs an encoding of it).
        merge_convolutions: Convolutions of 64 channels times the width that the image
            passes after the objects were written; the table has 0.
        seed: Of the initial weights; None takes them from Keras's global seed.

    Raises:
        ValueError: A size that is no multiple of 4, or another one out of range.
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

    Images `[n, size, size, 1]`, labels `[n, objects]` and boxes `[n, objects, 4]` to
    logits: `[n, 1]` for all together, or, if not `joint`, `[n, 1 + objects]`, first
    that of the global path, then one for each object.

    Either path has convolutions with 32, 64 and 128 channels times the width, none of
    them strided, and a dense layer of 128, with PReLU and dropout; it ends in two
    neurons, real and fake. In the table the two of the global path and the two of every
    object are joined (10 neurons for 4 objects) for a decision of two, whose difference
    is the logit. That the flattened image of 128x128x128 meets 128 neurons takes
    268,435,456 weights, of 281.5 million in all (at a width of 1/4 and a size of 64:
    5.0 million).

    Args:
        objects: Number of objects; None for any, which goes with separate decisions.
        size: Height and width of the images.
        num_classes: Labels are 0 to this, which is left out.
        width: Of all hidden layers, relative to the table.
        scene_width: Of the global path alone; `width` by default.
        object_size: Height and width that the objects are looked at in.
        dropout: Share of the activations dropped.
        joint: One decision on everything, the table's; otherwise each path and each
            object decides for itself, and no layer sees two objects.
        blank: Cover the boxes before the global path sees the image: it then judges
            the background, and knows no objects.
        conditioning: How an object's label has its say: `"input"`, the table's, as
            channels of the crop; `"projection"`, by a linear map of the last features
            for each class (Miyato & Koyama 2018, "cGANs with projection
            discriminator"); or `"classifier"`: not at all, but the logits of its class,
            `[n, objects, num_classes]`, are a second output (Odena et al. 2017,
            "Conditional image synthesis with auxiliary classifier GANs").
        context: What an object is looked at with beyond each edge of its box, as a
            share of the box.
        seed: Of the initial weights; None takes them from Keras's global seed.

    Raises:
        ValueError: An unknown conditioning, a joint decision without a number of
            objects, or a size out of range.
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
            "A joint decision has two neurons for each object: give their number, e.g. "
            "objects=4, or take joint=False."
        )
    if objects is not None and objects < 1:
        raise ValueError(f"objects={objects} must be at least 1, or None for any.")
