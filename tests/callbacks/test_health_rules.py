"""The alarms on rows as runs recorded them: those of reports/, and planted ones."""

import math
import re
from pathlib import Path

import pytest

from ganzoo import losses
from ganzoo.callbacks import health_alarms
from ganzoo.callbacks.health_alarms import alarms, indifferent_loss, looked_at
from ganzoo.callbacks.health_rules import Facts

TWO_LOGS = 2 * math.log(2)
DIGITS = {f"class_{digit}": 0.1 for digit in range(10)}


def rows(**columns) -> list[dict[str, float]]:
    """Returns rows of history.csv; None is a value that was not measured."""
    length = max(map(len, columns.values()))
    return [
        {"epoch": number + 1}
        | {key: v[number] for key, v in columns.items() if v[number] is not None}
        for number in range(length)
    ]


def named(found) -> dict[str, tuple[int, int | None]]:
    return {alarm.name: (alarm.first, alarm.last) for alarm in found}


# ------------------------------------------------- recorded: the first rows, and others


MNIST = {  # reports/mnist_gan, epochs 1 to 6
    "discriminator_loss": [1.3048, 1.3353, 1.3460, 1.3407, 1.3331, 1.3254],
    "class_divergence": [1.6714, 0.5279, 0.3924, 0.3006, 0.340, 0.270],
}
MLP = {  # reports/cifar10_mlp, epochs 1, 6, 9, 11, 16 and 20
    "discriminator_loss": [0.7274, 0.0847, 0.0158, 0.0965, 0.1410, 0.1813],
    "class_divergence": [2.3026, 1.648, None, 1.424, 1.726, 1.6436],
    "classifier_score": [1.00, 1.05, None, 1.07, 1.08, 1.11],
}
VANILLA = {  # reports/vanilla, epochs 1, 6, 11
    "discriminator_loss": [0.8979, 0.7563, 0.9],
    "class_divergence": [2.3258, 0.575, 0.106],
    "duplicate_share": [0.0518, 0.0004, 0.0002],
}
SAVED = {  # reports/collapse, collapsing-minibatch, epochs 1 to 8
    "discriminator_loss": [1.9262, 1.5832, 1.489, 1.46, 1.44, 1.43, 1.42, 1.4196],
    "class_divergence": [2.1051, 2.3242, 1.5895, 1.802, 1.401, 1.147, 1.43, 0.8926],
    "duplicate_share": [0.0009, 0.0019, 0.0054, 0.008, 0.003, 0.006, 0.011, 0.019],
}
UNROLLED_5 = {  # reports/stacked
    "mode_divergence": [6.908, 6.807, 6.891, 6.61, 5.3, 3.893, 3.589, 2.282, 2.271],
    "modes": [1, 7, 2, 8, 54, 164, 276, 484, 519],
}
RING_5 = {"modes": [6, 8, 8, 8, 8, 8]}  # reports/ring, unrolled-5


@pytest.mark.parametrize(
    ("columns", "modes"),
    [
        (MNIST | {key: [v] * 6 for key, v in DIGITS.items()}, None),
        (VANILLA | {key: [v] * 3 for key, v in DIGITS.items()}, None),
        (SAVED | {key: [v] * 8 for key, v in DIGITS.items()}, None),
        (UNROLLED_5, 1000),
        (RING_5, 8),
    ],
)
def test_recorded_runs_that_were_healthy_make_no_alarm(columns, modes):
    recorded = rows(**columns)
    facts = Facts(TWO_LOGS, modes)
    assert alarms(recorded, facts) == []
    assert "modes lost" in looked_at(recorded, facts)  # silent, not deaf


COLLAPSING = {  # reports/collapse, epochs 1 to 8
    "discriminator_loss": [1.804, 1.465, 1.427, 1.41, 1.4, 1.396, 1.394, 1.3927],
    "class_divergence": [2.328, 2.328, 2.328, 2.324, 2.328, 2.328, 2.015, 2.328],
    "duplicate_share": [0.253, 0.276, 0.399, 0.208, 0.226, 0.22, 0.187, 0.164],
    **{key: [v] * 8 for key, v in DIGITS.items()},
}
UNROLLED_1 = {  # reports/stacked, epochs 1 to 6
    "discriminator_loss": [0.3445, 0.0055, 0.0008, 0.09, 0.2, 0.1491],
    "mode_divergence": [6.9078] * 6,
    "modes": [1] * 6,
}


@pytest.mark.parametrize(
    ("columns", "modes", "expected"),
    [
        (COLLAPSING, None, {"samples repeat": (2, None), "modes lost": (5, None)}),
        # Noise, spread over some classes: its divergence is no lasting low.
        (
            MLP | {key: [v] * 6 for key, v in DIGITS.items()},
            None,
            {"modes lost": (6, None)},
        ),
        (
            UNROLLED_1,
            1000,
            {"discriminator has won": (2, 3), "modes lost": (5, None)},
        ),
        ({"modes": [0.0] * 7}, 8, {"modes lost": (5, None)}),  # reports/ring, gan
    ],
)
def test_recorded_runs_that_collapsed_are_told_from_the_epoch_where_it_shows(
    columns, modes, expected
):
    assert named(alarms(rows(**columns), Facts(TWO_LOGS, modes))) == expected


def test_a_sentence_names_epoch_and_numbers():
    found = {a.name: a for a in alarms(rows(**UNROLLED_1), Facts(TWO_LOGS, 1000))}
    assert found["discriminator has won"].sentence == (
        "The discriminator has won outright: over epoch 2 its loss was 0.0055, 0.40% "
        "of a constant discriminator's. The generator receives no useful gradient."
    )
    assert found["modes lost"].sentence == (
        "Modes are lost: after epoch 5 the samples cover about 1 of 1,000 modes, and "
        "that has hardly improved over 5 measurements."
    )
    assert all(alarm.remedy.endswith(".") for alarm in found.values())


SCORED = "classifier score"


def scored_reports() -> dict[str, list[dict[str, float]]]:
    """Returns what the reports tabulate by epoch: name of the report -> rows."""
    found = {}
    for page in sorted((Path(__file__).parents[2] / "reports").glob("*/report.md")):
        text = page.read_text(encoding="utf-8")
        (table,) = re.findall(r"(?m)^\| epoch .*score.*\n(?:\|.*\n)+", text) or [""]
        head, _, *body = table.splitlines() or ["", ""]
        column = [name.strip() for name in head.split("|")].index(SCORED) if head else 0
        cells = [[cell.strip() for cell in line.split("|")] for line in body]
        # Whatever the classes' divergence was: spread over all of them.
        measured = [
            DIGITS
            | {"epoch": int(row[1]), "class_divergence": 0.0}
            | {"classifier_score": float(row[column])}
            for row in cells
            if row[1].isdigit()
        ]
        if measured:
            found[page.parent.name] = measured
    return found


def test_of_the_runs_that_report_scores_only_noise_makes_an_alarm():
    found = scored_reports()
    assert {"mnist_gan", "minibatch", "vanilla", "infogan", "cifar10_dcgan"} < set(
        found
    )
    alarmed = {name: named(alarms(rows, Facts())) for name, rows in found.items()}
    assert alarmed.pop("cifar10_mlp") == {"modes lost": (20, None)}
    assert set(map(str, alarmed.values())) == {"{}"}


def test_a_score_of_one_is_forgiven_until_five_measurements_show_it():
    low = {key: [v] * 7 for key, v in DIGITS.items()} | {"class_divergence": [0.0] * 7}
    late = rows(classifier_score=[1.0, 1.1, 1.0, 1.1, 1.3, 1.0, 1.0], **low)
    assert alarms(late, Facts()) == []
    found = alarms(rows(classifier_score=[1.1] * 5 + [1.3, 2.0], **low), Facts())
    assert named(found) == {"modes lost": (5, 5)}
    assert "Its score is 1.10, where 1 is the least" in found[0].sentence


# ------------------------------------------------------------------------- the scales


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("minimax", TWO_LOGS),
        ("non_saturating", TWO_LOGS),
        ("zero_sum", TWO_LOGS),
        ("relativistic", math.log(2)),
        ("least_squares", 0.25),
        ("hinge", 2.0),
        ("absolute_error", 1.0),
    ],
)
def test_an_indifferent_discriminator_pays_what_the_loss_says(name, loss):
    assert indifferent_loss(losses.get(name)) == pytest.approx(loss, rel=1e-6)
    assert indifferent_loss(losses.get(name), 2) == pytest.approx(2 * loss, rel=1e-6)


def test_a_wasserstein_critic_can_neither_win_nor_lose():
    facts = Facts(indifferent_loss(losses.get("wasserstein")))
    recorded = rows(discriminator_loss=[-22.2, -6.9, -2.7, 1e-6, 5.0])
    assert alarms(recorded, facts) == []
    assert looked_at(recorded, facts) == []


@pytest.mark.parametrize("name", ["relativistic", "hinge", "least_squares"])
def test_victory_is_relative_to_the_loss(name):
    scale = indifferent_loss(losses.get(name))
    recorded = rows(discriminator_loss=[scale, 0.004 * scale, 0.006 * scale, 2 * scale])
    assert named(alarms(recorded, Facts(scale))) == {
        "discriminator has won": (2, 2),
        "discriminator has lost": (4, None),
    }


def test_a_gradient_vanishes_against_what_it_was_and_against_what_moves_a_weight():
    usual = rows(generator_gradient=[0.4, 3.0, 0.05, 0.3, 2e-3])
    assert alarms(usual, Facts()) == []
    fallen = rows(generator_gradient=[40.0, 30.0, 0.02, 20.0])
    assert named(alarms(fallen, Facts())) == {
        "generator's gradient has vanished": (3, 3)
    }
    small = rows(generator_gradient=[9e-5])
    (alarm,) = alarms(small, Facts())
    assert alarm.sentence.endswith("its norm was 9.0e-05 at the end of epoch 1.")


def test_modes_that_were_there_are_missed_after_three_measurements():
    counts = [8, 8, 3, 8, 3, 3, None, 3, 6]
    found = alarms(rows(modes=counts), Facts(modes=8))
    assert named(found) == {"modes lost": (8, 8)}
    assert "cover about 3 of 8 modes, and had covered about 8 of 8" in found[0].sentence


def test_gray_squares_are_told_after_three_measurements():
    contrasts = [0.05, 0.2, None, 0.29, 0.31, 0.1, 0.1, None, 0.1]
    found = alarms(rows(contrast=contrasts), Facts())
    assert [(one.first, one.last) for one in found] == [(4, 4), (9, None)]
    assert {one.name for one in found} == {"samples are blank"}
    assert "10% of the training images'" in found[-1].sentence


def test_an_alarm_that_ends_and_comes_again_is_two():
    shares = [0.2, 0.2, 0.01, 0.2, 0.2, 0.2]
    found = alarms(rows(duplicate_share=shares), Facts())
    assert [(alarm.first, alarm.last) for alarm in found] == [(2, 2), (5, None)]


def test_what_begins_after_an_epoch_is_known_from_the_rows_up_to_it():
    recorded, facts = rows(**COLLAPSING), Facts(TWO_LOGS)
    for number in range(1, len(recorded) + 1):
        on = health_alarms.ringing(recorded[:number], facts)
        assert on.keys() == {
            alarm.name
            for alarm in alarms(recorded[:number], facts)
            if alarm.last is None
        }
