"""Numbers that nobody can mean and names that do not exist are refused."""

import dataclasses

import pytest

from experiments.harness import validation


@dataclasses.dataclass
class Settings:
    epochs: int = 3
    seed: int = 0
    latent_dim: int = 100
    rate: float = 0.1
    word: str = "a"
    steps: int | None = None
    loss: str = "minimax"
    penalty: str | None = "r1(0.5)"
    strategy: str = "cpu"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 10**20}, f"epochs={10**20} must be at most 1,000,000,000."),
        ({"epochs": -(10**20)}, "must be at most 1,000,000,000"),
        ({"steps": 10**9 + 1}, "steps=1000000001 must be at most"),
        ({"latent_dim": 2**14 + 1}, "latent_dim=16385 must be at most 16,384"),
        ({"seed": 2**40}, "seed=1099511627776 must be at most"),
        ({"rate": float("nan")}, "rate=nan must be a number"),
    ],
)
def test_numbers_that_nobody_can_mean_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        validation.check_magnitudes(Settings(**changes))


def test_all_others_pass():
    validation.check_magnitudes(
        Settings(epochs=10**9, seed=2**32 - 1, latent_dim=2**14, rate=1e38)
    )
    validation.check_names(Settings())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "minmax"}, "Unknown loss 'minmax'.* Did you mean minimax"),
        ({"penalty": "gradient_penalti"}, "Did you mean gradient_penalty"),
        ({"strategy": "gpuu"}, "Unknown strategy 'gpuu'.* Did you mean gpu"),
    ],
)
@pytest.mark.parametrize("check", [validation.check_words, validation.check_names])
def test_names_that_there_are_none_of_are_refused(changes, message, check):
    with pytest.raises(ValueError, match=message):
        check(Settings(**changes))


@pytest.mark.parametrize("penalty", [None, "r1", "r1(1e-3) + r2(.5)", "r1(1E5)+r2(1.)"])
def test_numbers_are_not_taken_for_names(penalty):
    validation.check_words(Settings(penalty=penalty))
