"""The command line of the variants."""

from experiments import common, expected, gan_variants

if __name__ == "__main__":
    common.main(
        gan_variants.run,
        gan_variants.Command,
        gan_variants.__doc__,
        expected=expected.GAN_VARIANTS,
    )
