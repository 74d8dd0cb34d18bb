"""What the models of generators against discriminators are compiled to."""

import pytest

from ganzoo.gans.batches import trained


def test_each_optimizer_is_built_for_its_own_side(tiny_gan, tiny_discogan, tiny_simgan):
    for gan in (tiny_gan(), tiny_discogan(), tiny_simgan()):
        for side, optimizer in (
            (gan.generators, gan.generator_optimizer),
            (gan.discriminators, gan.discriminator_optimizer),
        ):
            paths = [variable.path for variable in trained(side)]
            assert paths
            assert paths == [v.path for v in optimizer._trainable_variables]


@pytest.mark.parametrize(
    ("loss", "reported"), [("hinge", "score"), ("minimax", "probability")]
)
def test_a_critic_reports_scores_and_others_probabilities(loss, reported, tiny_gan):
    gan = tiny_gan(compiled={"loss": loss, "penalty": "r1"})
    names = [tracker.name for tracker in gan.metrics]
    assert names == [
        "discriminator_loss",
        "generator_loss",
        f"real_{reported}",
        f"fake_{reported}",
        "penalty",
    ]


def test_further_values_follow_the_losses(tiny_discogan, tiny_simgan):
    found = [
        [tracker.name for tracker in gan.metrics][2:-2]
        for gan in (tiny_discogan(), tiny_simgan())
    ]
    assert found == [["reconstruction_a", "reconstruction_b"], ["regularisation"]]
