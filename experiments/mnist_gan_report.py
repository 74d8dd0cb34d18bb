"""The report of experiments.mnist_gan."""


def write(folder, gan, config, train, test) -> None:
    """Writes report.md."""
