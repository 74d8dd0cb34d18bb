"""What to publish."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Config:
    """What to publish."""

    run: str = "runs/mnist_gan"
    """Folder of the finished run, or of the runs that were compared."""
    name: str = "mnist_gan"
    """Name of the report, and of the markers of its summary."""
    kind: str = "mnist_gan"
    """The experiment, for the zoo."""
    zoo: str | None = None
    """Name of the generator in the zoo; none is put there by default."""
    faults: str = ""
    """Known faults of the generator, for its card."""

    def check_values(self) -> None:
        """Refuses what cannot be published; the kind is looked at before the zoo."""
        if self.zoo is None:
            self.check_run()

    def check_run(self) -> None:
        """Refuses a folder that holds no finished run.

        Raises:
            ValueError: Names the folder.
        """
        if not (Path(self.run) / "report.md").is_file():
            raise ValueError(f"run={self.run} has no report.md: it is no finished run.")
