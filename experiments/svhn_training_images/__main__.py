"""The command line of the training images."""

from experiments import common, svhn_training_images

if __name__ == "__main__":
    common.main(
        svhn_training_images.run,
        svhn_training_images.Command,
        svhn_training_images.__doc__,
    )
