"""The command line: `python -m experiments.cifar10_gan`."""

from experiments import cifar10_gan, harness

if __name__ == "__main__":
    harness.main(cifar10_gan.PAPER)
