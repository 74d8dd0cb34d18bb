"""Layers that paste into bounding boxes and crop them; see `ganzoo.boxes`."""

from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo.boxes import crop, paste

__all__ = ["Blank", "Crop", "LayoutImage", "Paste", "crop", "paste"]


class _InFloat32(keras.layers.Layer):
    """Computes in float32 under any policy: boxes in bfloat16 would be inexact."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs | {"dtype": "float32"})


@keras.saving.register_keras_serializable("ganzoo")
class Paste(_InFloat32):
    """Pastes objects into boxes on a canvas; see `ganzoo.boxes.paste`.

    Inputs: `[n, objects, h, w, channels]`, `[n, objects, 4]`,
    `[n, height, width, channels]`. Output: same shape as the canvas, in float32.
    """

    def call(
        self, objects: KerasTensor, boxes: KerasTensor, canvas: KerasTensor
    ) -> KerasTensor:
        """Returns the canvas with the objects pasted on it."""
        return paste(objects, boxes, canvas)

    def compute_output_shape(
        self,
        objects_shape: tuple[int | None, ...],
        boxes_shape: tuple[int | None, ...],
        canvas_shape: tuple[int | None, ...],
    ) -> tuple[int | None, ...]:
        """Returns the shape of the canvas."""
        return canvas_shape


@keras.saving.register_keras_serializable("ganzoo")
class Crop(_InFloat32):
    """Crops boxes from images; see `ganzoo.boxes.crop`.

    Inputs: `[n, height, width, channels]`, `[n, objects, 4]`.
    Output: `[n, objects, size, size, channels]`, in float32.
    """

    def __init__(self, size: int, context: float = 0.0, **kwargs: Any):
        """Sets the size and the margin of the crops.

        Args:
            size: Side of the crops, in pixels.
            context: Margin beyond each edge of a box, as a fraction of its height or
                width. Crops are 0 outside of the image.
            **kwargs: As in `keras.layers.Layer`.

        Raises:
            ValueError: The size is below 1, or the margin is negative.
        """
        super().__init__(**kwargs)
        if size < 1 or not context >= 0:
            raise ValueError(
                f"size={size} must be at least 1, and context={context} at least 0."
            )
        self.size = size
        self.context = context

    def call(self, images: KerasTensor, boxes: KerasTensor) -> KerasTensor:
        """Returns the crops."""
        low, high = ops.split(boxes, 2, axis=-1)
        margin = self.context * (high - low)
        wider = ops.concatenate([low - margin, high + margin], -1)
        return crop(images, wider, self.size)

    def compute_output_shape(
        self, images_shape: tuple[int | None, ...], boxes_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the crops."""
        return (*boxes_shape[:2], self.size, self.size, images_shape[-1])

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return super().get_config() | {"size": self.size, "context": self.context}


@keras.saving.register_keras_serializable("ganzoo")
class Blank(_InFloat32):
    """Fills all boxes of an image with one value, which hides their content.

    Inputs: `[n, height, width, channels]`, `[n, objects, 4]`.
    Output: same shape as the images, in float32.
    """

    def __init__(self, value: float = -1.0, **kwargs: Any):
        """Sets the value; other arguments are those of `keras.layers.Layer`."""
        super().__init__(**kwargs)
        self.value = value

    def call(self, images: KerasTensor, boxes: KerasTensor) -> KerasTensor:
        """Returns the images without their objects."""
        shape = (*ops.shape(boxes)[:2], 1, 1, images.shape[-1])
        return paste(ops.full(shape, self.value, "float32"), boxes, images)

    def compute_output_shape(
        self, images_shape: tuple[int | None, ...], boxes_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the images."""
        return images_shape

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return super().get_config() | {"value": self.value}


@keras.saving.register_keras_serializable("ganzoo")
class LayoutImage(_InFloat32):
    """Draws the boxes, colored by label: one channel per class.

    This is the layout image of Hinz et al. 2019, "Generating multiple objects at
    spatially distinct locations". Where boxes overlap, the last one covers the others.

    Inputs: int `[n, objects]`, `[n, objects, 4]`.
    Output: `[n, height, width, num_classes]`, in float32.
    """

    def __init__(self, num_classes: int, height: int, width: int, **kwargs: Any):
        """Sets the sizes; other arguments are those of `keras.layers.Layer`."""
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.height, self.width = height, width

    def call(self, labels: KerasTensor, boxes: KerasTensor) -> KerasTensor:
        """Returns the layout images."""
        colors = ops.one_hot(labels, self.num_classes)[:, :, None, None]
        count = ops.shape(boxes)[0]
        empty = ops.zeros([count, self.height, self.width, self.num_classes])
        return paste(colors, boxes, empty)

    def compute_output_shape(
        self, labels_shape: tuple[int | None, ...], boxes_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the layout images."""
        return (labels_shape[0], self.height, self.width, self.num_classes)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "height": self.height,
            "width": self.width,
        }
