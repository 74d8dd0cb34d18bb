"""Trains the CIFAR-10 classifier that the metrics use.

``python -m experiments.cifar10_classifier --data-dir DIR`` trains it and writes the
float16 weights and their card to a run folder; ``--install`` also copies them into the
package, which is how the shipped weights were made. It takes about an hour on one core.

The classifier is a residual network of 1.2 million weights, trained by stochastic
gradient descent in one cycle (Smith & Topin 2018, "Super-convergence"): the learning
rate rises for a fifth of the steps and then falls to zero along half a cosine. Images
are shifted by up to 4 pixels and mirrored; labels are smoothed (Szegedy et al. 2016).
"""

from experiments.classifiers.config import Cifar10Config
from experiments.harness import LazyCommand, command

if __name__ == "__main__":
    command.run_tool(
        LazyCommand(Cifar10Config, "experiments.classifiers.cifar10", "run", __doc__)
    )
