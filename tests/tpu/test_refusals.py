"""Refusals name the operation and the line that the user can change."""

import re
from pathlib import Path

from tpu import refusals

HERE = "tests/tpu/test_refusals.py"
OUT_OF_MEMORY = (
    "RESOURCE_EXHAUSTED: Ran out of memory on HBM; that was 20.00G of 15.75G.\n\n"
    'Largest: op_name="jit(pure)/mul" source_file="{}" source_line=9'
)


def test_lines_of_the_libraries_are_passed_over():
    frames = [
        ("/somewhere/game.py", 3, "step"),
        ("/site-packages/keras/src/layers/layer.py", 9, "__call__"),
        ("/site-packages/jax/_src/numpy/setops.py", 5, "unique"),
        ("<frozen runpy>", 1, "run"),
    ]
    assert refusals.innermost(frames) == "/somewhere/game.py:3 in step"
    assert refusals.innermost(frames[1:]) is None


def test_a_step_that_raises_is_refused_with_its_line_and_what_it_says():
    def step():
        raise KeyError("nothing here")

    try:
        step()
    except KeyError as error:
        refusal = refusals.untraceable(error)
    assert refusal.stage == "tracing"
    assert refusal.message == "KeyError: 'nothing here'"
    assert re.fullmatch(rf"{HERE}:\d+ in step", refusal.source)


def test_a_message_of_the_compiler_is_quoted_with_operation_and_line():
    refusal = refusals.rejected(OUT_OF_MEMORY.format(Path(__file__).resolve()))
    assert refusal.stage == "compiling"
    assert refusal.message.endswith("that was 20.00G of 15.75G.")
    assert refusal.operation == "jit(pure)/mul"
    assert refusal.source == f"{HERE}:9"


def test_a_message_without_an_operation_is_passed_on():
    refusal = refusals.rejected("\n  Out of luck.\nMore.")
    assert refusal == refusals.Refusal("compiling", "Out of luck.")
    assert refusals.rejected("").message == "the compiler gave no reason"
