"""`python -m ganzoo train PICTURES`."""

import dataclasses

import tyro

from experiments.own_images.config import Config

# Training on the embedded digits, as the experiment does, is nobody's wish here.
OF_PICTURES = dataclasses.replace(Config(), dataset=tyro.MISSING)


def train(config: tyro.conf.OmitArgPrefixes[Config] = OF_PICTURES) -> None:
    """Train a GAN on your own images; the same command resumes.

    The run folder has samples, curves, the generator as generator.keras and a report.

    Args:
        config: What to train on, for how long, and how.
    """
    from experiments import harness, own_images

    harness.finish(config, own_images.PAPER.commands[""])
