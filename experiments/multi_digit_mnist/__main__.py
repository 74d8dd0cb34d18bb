"""The command line: `python -m experiments.multi_digit_mnist`."""

from experiments import harness, multi_digit_mnist

if __name__ == "__main__":
    harness.main(multi_digit_mnist.PAPER)
