"""Trains the MNIST classifier that the metrics use.

``python -m experiments.mnist_classifier --data-dir DIR`` trains it and writes the
float16 weights and their card to a run folder; ``--install`` also copies them into the
package, which is how the shipped weights were made.
"""

from experiments.classifiers.config import MnistConfig
from experiments.harness import LazyCommand, command

if __name__ == "__main__":
    command.run_tool(
        LazyCommand(MnistConfig, "experiments.classifiers.mnist", "run", __doc__)
    )
