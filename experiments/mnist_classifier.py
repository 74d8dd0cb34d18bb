"""Train the MNIST classifier that the metrics use.

``python -m experiments.mnist_classifier --data-dir DIR`` trains it and leaves the
float16 weights and their card in a run folder; ``--install`` writes them into the
package, which is how the shipped ones were made.
"""

from experiments.classifiers.config import MnistConfig
from experiments.harness import Later, command

if __name__ == "__main__":
    command.run_tool(
        Later(MnistConfig, "experiments.classifiers.mnist", "run", __doc__)
    )
