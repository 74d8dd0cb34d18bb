"""`python -m experiments.mnist_classifier`; see `experiments.classifiers.mnist`."""

from experiments.classifiers import mnist

if __name__ == "__main__":
    mnist.main()
