"""Options that several commands share."""

import dataclasses
from typing import Annotated

import tyro


@dataclasses.dataclass(frozen=True)
class _FileOptions:
    """What a .keras file of another library does not say.

    Attributes:
        num_classes: Number of classes of a generator that takes noise and labels, if
            its layers do not say it.
        black: Output of the generator for black; by default -1.
        white: Its output for white; by default 1.
    """

    num_classes: int | None = None
    black: float | None = None
    white: float | None = None

    def given(self) -> dict:
        """Returns the options as arguments of `zoo.open_generator`."""
        return dataclasses.asdict(self)


FileOptions = Annotated[_FileOptions, tyro.conf.arg(name="")]
NO_OPTIONS = _FileOptions()
