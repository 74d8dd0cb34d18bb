"""The command line: `python -m experiments.mnist_gan`."""

from experiments import harness, mnist_gan

if __name__ == "__main__":
    harness.main(mnist_gan.PAPER)
