"""The command line: `python -m experiments.svhn_training_images`."""

from experiments import harness, svhn_training_images

if __name__ == "__main__":
    harness.main(svhn_training_images.PAPER)
