"""Penalties written on the command line."""

import pytest

from experiments.harness.penalty_text import parse
from ganzoo import penalties


def test_names_take_a_weight_and_can_be_added():
    assert parse("r1(0.5)") == penalties.R1(0.5)
    assert parse("weight_clipping( .1 )") == penalties.WeightClipping(0.1)
    both = penalties.R1(1.0) + penalties.R2(10.0)
    assert parse("r1(1e+0)+r2") == parse(" r1(1) + r2 ") == both
    with pytest.raises(ValueError, match=r"R1: gamma is -1\.0"):
        parse("r1(-1)")


@pytest.mark.parametrize("unknown", ["r1(one)", "r1()", "r1 r2", "r1 + gp", "r1 +"])
def test_terms_that_make_no_penalty_are_refused(unknown):
    with pytest.raises(ValueError, match="Unknown penalty"):
        parse(unknown)


def test_no_text_is_no_penalty():
    assert parse(None) is None
