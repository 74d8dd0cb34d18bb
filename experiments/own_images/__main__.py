"""The command line: `python -m experiments.own_images`."""

from experiments import harness, own_images

if __name__ == "__main__":
    harness.main(own_images.PAPER)
