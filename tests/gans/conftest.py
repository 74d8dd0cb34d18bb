"""Fixtures of tiny models, and of what every model must be able to do."""

import types

import numpy as np
import pytest

from ganzoo import data
from tests.gans import checks as model_checks
from tests.gans import tiny as tiny_models


@pytest.fixture(scope="session")
def tiny_networks():
    return tiny_models.build_networks


@pytest.fixture(scope="session")
def tiny_batches():
    return tiny_models.build_batches


@pytest.fixture(scope="session")
def tiny_gan():
    return tiny_models.build_gan


@pytest.fixture
def tiny_infogan():
    return tiny_models.build_infogan


@pytest.fixture
def tiny_discogan():
    return tiny_models.build_discogan


@pytest.fixture(scope="session")
def tiny_simgan():
    return tiny_models.build_simgan


@pytest.fixture(scope="session")
def tiny_refinements():
    return tiny_models.build_refinements


@pytest.fixture
def tiny_unpaired():
    return tiny_models.build_unpaired


@pytest.fixture
def tiny_layout_gan():
    return tiny_models.build_layout_gan


@pytest.fixture
def tiny_layouts():
    return tiny_models.build_layouts


@pytest.fixture(scope="session")
def tiny():
    """All builders of tiny models and of what they are fed."""
    return {
        "gan": tiny_models.build_gan,
        "infogan": tiny_models.build_infogan,
        "discogan": tiny_models.build_discogan,
        "layout": tiny_models.build_layout_gan,
        "simgan": tiny_models.build_simgan,
        "batches": tiny_models.build_batches,
        "layouts": tiny_models.build_layouts,
        "unpaired": tiny_models.build_unpaired,
        "refinements": tiny_models.build_refinements,
    }


@pytest.fixture
def learned():
    return tiny_models.learned_weights


@pytest.fixture(scope="session")
def idle_model():
    return tiny_models.Idle


@pytest.fixture
def state_of():
    return tiny_models.whole_state


@pytest.fixture
def batch_logs():
    return tiny_models.BatchLogs()


@pytest.fixture
def checks():
    """`Subject` and the checks, one by one."""
    functions = {
        function.__name__: function for function in model_checks.CHECKS.values()
    }
    return types.SimpleNamespace(Subject=model_checks.Subject, **functions)


@pytest.fixture(scope="session")
def subjects() -> dict[tuple, model_checks.Subject]:
    """The models that were put to a check, by test: checks share their plain run."""
    return {}


@pytest.fixture(params=model_checks.CHECKS.values(), ids=model_checks.CHECKS)
def check_model(request, tmp_path, mirrored, subjects):
    """Puts a model to one of the checks; a test that uses it is run once for each.

    Takes what `Subject` holds; what is left out is as of a model with one generator and
    one discriminator.
    """
    others = {
        k: v for k, v in request.node.callspec.params.items() if v != request.param
    }
    test = (request.node.path, request.node.originalname, str(others))

    def check(build, *, trained=None, sample=model_checks.generated, tolerance=1e-5):
        own = {
            "generator_optimizer": ("generator",),
            "discriminator_optimizer": ("discriminator",),
        }
        subject = model_checks.Subject(build, trained or own, sample, tolerance)
        request.param(subjects.setdefault(test, subject), tmp_path, mirrored)

    return check


@pytest.fixture(scope="session")
def image_set() -> data.ImageSet:
    """64 random 4x4 images of 3 classes."""
    numbers = np.random.default_rng(3)
    return data.ImageSet(
        images=numbers.integers(0, 256, (64, *tiny_models.IMAGE)).astype("uint8"),
        labels=numbers.integers(0, 3, 64).astype("int32"),
        class_names=("a", "b", "c"),
        name="noise",
        split="train",
    )
