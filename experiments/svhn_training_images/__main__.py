"""The command line of the training images."""

from experiments import common, expected, svhn_training_images

if __name__ == "__main__":
    common.main(
        svhn_training_images.run,
        svhn_training_images.Command,
        svhn_training_images.__doc__,
        expected=expected.SVHN_TRAINING_IMAGES,
    )
