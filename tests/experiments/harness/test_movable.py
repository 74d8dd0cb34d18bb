"""Which settings may change when a run is resumed, and which may not."""

import dataclasses

import pytest

from experiments import svhn_training_images as svhn
from experiments.gan_variants import Compare
from experiments.harness import discover
from experiments.harness.run import MOVABLE
from experiments.svhn_training_images import classify, compare
from ganzoo import runs

# Fields with which other numbers, other pictures or other rows come out.
WORDS = """
    architecture attention augment background batch_size beta_1 beta_2 blank blocks
    categorical_weight categories classification_weight conditioning context
    continuous continuous_weight count dataset deterministic deviation digit
    digit_size discriminator_learning_rate discriminator_steps discriminator_warm_up
    discriminator_width draw_labels drawn_images draws dropout ema_half_life
    epoch_steps extractor fewest filters final_draws final_images fit fonts fraction
    freeze generator generator_learning_rate history_capacity images joined joint
    label_counts label_scale labels largest latent_dim layout_image loss max_objects
    measure_epochs measure_every_images measure_images measure_samples
    merge_convolutions mirror mismatch_weight neighbors neighbours noise_dim
    normalise object_size objects optimizer orders overlap penalty penalty_interval
    placement players precision recipe reconstruction_weight refiner_steps
    packing refiner_warm_up regularisation_weight sample_count scene_width seed
    similarities size slope smallest smoke spectral_norm start_from
    steps_per_execution style test_images train_images transparent unconditional
    units unrolled_steps update
    width
"""
DECISIVE = WORDS.split()
KINDS = {
    f"{paper.name} {name}".strip(): command.config
    for paper in discover.papers()
    for name, command in paper.commands.items()
    if name != "compare" or paper.name in ("gan_variants", "svhn_training_images")
}
# Those that are no single training have fields of their own.
OWN = {svhn.ClassifierConfig: classify.MOVABLE, svhn.Compare: compare.MOVABLE}
TRAININGS = {name: kind for name, kind in KINDS.items() if kind not in {Compare, *OWN}}


@pytest.mark.parametrize("name", TRAININGS)
def test_every_setting_is_one_or_the_other(name):
    for field in dataclasses.fields(TRAININGS[name]):
        movable, decisive = field.name in MOVABLE, field.name in DECISIVE
        assert movable != decisive, f"{field.name}: say which in this test"


def test_none_is_listed_that_no_experiment_has():
    names = {f.name for kind in KINDS.values() for f in dataclasses.fields(kind)}
    assert set(DECISIVE) <= names
    assert set(MOVABLE) <= names


def other(value):
    """Returns another value of JSON's types."""
    return not value if isinstance(value, bool) else [value, "another"]


@pytest.mark.parametrize(
    "name", [name for name, kind in KINDS.items() if kind is not Compare]
)
def test_a_run_resumes_with_changed_places_and_devices_only(tmp_path, name):
    kind = KINDS[name]
    asked = {f.name: getattr(kind, f.name, None) for f in dataclasses.fields(kind)}
    movable = OWN.get(kind, MOVABLE)
    path = tmp_path / "run"
    runs.Run(path, asked, fingerprint="f", movable=movable)
    for field in asked:
        changed = asked | {field: other(asked[field])}
        if field in {*movable, "on_nan"}:
            runs.Run(path, changed, fingerprint="f", movable=movable)
            continue
        with pytest.raises(runs.RunError, match=f"\\n  {field}: .* -> "):
            runs.Run(path, changed, fingerprint="f", movable=movable)


@pytest.mark.parametrize("field", ["strategy", "checkpoint_minutes", "on_nan"])
def test_devices_and_checkpoints_are_nobodys_numbers(field):
    for kind, movable in OWN.items():
        names = {f.name for f in dataclasses.fields(kind)}
        assert field not in names or field in {*movable, "on_nan"}
    assert field in MOVABLE
