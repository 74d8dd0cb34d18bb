"""Lets torchvision be imported beside a torch without CUDA: import this before it.

The package index has torchvision built for CUDA only. Beside a torch for CPUs its
operators cannot be loaded, and importing it fails at two that it describes. Nothing
here uses them; they only have to be declared.
"""

import contextlib
from importlib import metadata

with contextlib.suppress(ImportError, metadata.PackageNotFoundError):
    import torch

    versions = torch.__version__, metadata.version("torchvision")
    if ["+cpu" in version for version in versions] == [True, False]:
        # Kept, for the declarations end with it.
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(
                f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
