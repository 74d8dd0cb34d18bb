"""The configuration of `experiments.publish`."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Config:
    """The run to publish, and its names."""

    run: str = "runs/mnist_gan"
    """Folder of the finished run, or of a finished comparison."""
    name: str = "mnist_gan"
    """Name of the report, and of the markers of its summary."""
    kind: str = "mnist_gan"
    """Kind of generator, for the zoo."""
    zoo: str | None = None
    """Name of the generator in the zoo; by default the zoo stays unchanged."""
    faults: str = ""
    """Known faults of the generator, for its card."""

    def check_values(self) -> None:
        """Validates the fields; with `zoo`, the kind is checked before the run."""
        if self.zoo is None:
            self.check_run()

    def check_run(self) -> None:
        """Checks that the run is finished.

        Raises:
            ValueError: The folder has no report; the message names the folder.
        """
        if not (Path(self.run) / "report.md").is_file():
            raise ValueError(
                f"run={self.run} has no report.md, so it is not a finished run. Finish "
                "it by running its command again."
            )
