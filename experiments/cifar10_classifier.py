"""`python -m experiments.cifar10_classifier`; see `experiments.classifiers.cifar10`."""

from experiments.classifiers import cifar10

if __name__ == "__main__":
    cifar10.main()
