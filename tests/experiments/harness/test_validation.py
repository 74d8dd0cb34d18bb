import dataclasses
from typing import Annotated

import pytest

from experiments import harness
from experiments.harness import validation


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    output: str = "runs/x"
    dataset: str = "digits"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch_size", -1),
        ("seed", -1),
        ("seed", 2**32),
        ("precision", "float16"),
    ],
)
def test_a_value_that_nothing_could_start_with_is_named(field, value):
    with pytest.raises(ValueError, match=f"{field}={value!r} must be"):
        Config(**{field: value}).check()
    Config().check()


def test_a_bucket_is_refused_with_what_takes_one():
    with pytest.raises(ValueError, match=r"gs://b/x is a bucket.*tpu/job.sh"):
        Config(output="gs://b/x").check()


@dataclasses.dataclass(frozen=True)
class Bounded(Config):
    """Fields of every kind; `epochs` is declared again, plainly."""

    epochs: int = 3
    rate: validation.Positive = 1.0
    half_life: validation.Positive | None = None
    dropout: validation.Fraction = 0.0
    count: validation.Number = 0
    word: Annotated[str, validation.OneOf(("one", "two"))] = "one"


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        ("rate", (0, -1), "above 0 and finite"),
        ("half_life", (0.0,), "above 0 and finite"),
        ("dropout", (1.0, -0.1), r"in \[0, 1\)"),
        ("count", (-1,), "at least 0"),
        ("epochs", (0,), "at least 1"),
        ("word", ("three",), "one of one, two"),
    ],
)
def test_a_fields_type_says_what_it_may_be(field, values, said):
    Bounded().check()
    for value in values:
        with pytest.raises(ValueError, match=rf"^{field}=.* must be {said}\.$"):
            Bounded(**{field: value}).check()


def test_positive_numbers_are_finite():
    for value, said in ((float("nan"), "a number"), (float("inf"), "0 and finite")):
        with pytest.raises(ValueError, match=said):
            Bounded(rate=value).check()
