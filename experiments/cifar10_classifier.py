"""Train the CIFAR-10 classifier that the metrics use.

``python -m experiments.cifar10_classifier --data-dir DIR`` trains it and leaves the
float16 weights and their card in a run folder; ``--install`` writes them into the
package, which is how the shipped ones were made. On one core it is about an hour.

A residual network of 1.2 million weights, trained with stochastic gradient descent in
one cycle (Smith & Topin 2018, "Super-convergence"): the learning rate climbs for a
fifth of the steps and falls to zero along half a cosine. Images are shifted by up to 4
pixels and mirrored; labels are smoothed (Szegedy et al. 2016).
"""

from experiments.classifiers.config import Cifar10Config
from experiments.harness import Later, command

if __name__ == "__main__":
    command.run_tool(
        Later(Cifar10Config, "experiments.classifiers.cifar10", "run", __doc__)
    )
