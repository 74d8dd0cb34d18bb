"""The command line: `python -m experiments.gan_variants`."""

from experiments import gan_variants, harness

if __name__ == "__main__":
    harness.main(gan_variants.PAPER)
