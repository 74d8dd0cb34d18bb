import json

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

from ganzoo.metrics.classifier_results import ClassifierResults, Recipe, Trial


def trial(seed, matrix):
    return Trial(seed, np.asarray(matrix, np.int64))


def judgement(*trials, **card):
    return ClassifierResults(tuple(trials), {"judge": "j"} | card)


def test_accuracies_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    true, found = rng.integers(0, 4, (2, 200))
    one = judgement(trial(0, confusion_matrix(true, found)))
    assert one.accuracy == pytest.approx(accuracy_score(true, found))
    recalls = recall_score(true, found, average=None)
    np.testing.assert_allclose(one.class_accuracies, recalls)


def test_mean_and_spread_are_over_seeds():
    both = judgement(trial(0, [[4, 0], [0, 4]]), trial(1, [[1, 3], [1, 3]]))
    assert both.accuracy == pytest.approx(0.75)
    assert both.spread == pytest.approx(np.std([1.0, 0.5], ddof=1))
    assert both.confusion.tolist() == [[5, 3], [1, 7]]
    assert judgement(trial(0, [[4, 0], [0, 4]])).spread == 0


def test_a_class_without_test_images_has_no_accuracy():
    one = judgement(trial(0, [[3, 1], [0, 0]]))
    np.testing.assert_array_equal(one.class_accuracies, [0.75, np.nan])
    assert one.accuracy == 0.75
    assert one.to_dict()["class_accuracies"] == [0.75, None]


def test_a_judgement_survives_json():
    one = judgement(trial(3, [[3, 1], [0, 2]]), trial(4, [[2, 2], [1, 1]]), train="x")
    read = ClassifierResults.from_dict(json.loads(json.dumps(one.to_dict())))
    assert read.to_dict() == one.to_dict()
    assert read.card == one.card
    assert read.confusion.dtype == np.int64


def test_judgements_of_other_seeds_are_joined():
    first, second = (judgement(trial(seed, [[1, 0], [0, 1]])) for seed in (0, 1))
    assert [t.seed for t in (first + second).trials] == [0, 1]
    with pytest.raises(ValueError, match=r"seeds \[0, 0\] cannot be joined"):
        first + first
    with pytest.raises(ValueError, match="cards must be equal"):
        first + judgement(trial(1, [[1, 0], [0, 1]]), train="other")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epochs": 0}, "epochs=0 must be a whole number of at least 1"),
        ({"batch_size": 2.5}, "batch_size=2.5 must be"),
        ({"shift": -1}, "shift=-1 must be a whole number of at least 0"),
        ({"seed": -1}, "seed=-1 must be"),
        ({"rotation": 181.0}, "rotation=181.0 must be within 0 .. 180"),
        ({"zoom": -0.1}, "zoom=-0.1 must be within 0 .. 1"),
        ({"optimizer": "rmsprop"}, "must be one of adam, sgd"),
        ({"schedule": "step"}, "must be one of cosine, constant"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 must be above 0"),
    ],
)
def test_a_recipe_out_of_range_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**wrong)


def test_the_schedule_ends_at_nothing_or_stays():
    falling = Recipe(learning_rate=0.4).build_optimizer(10)._learning_rate
    assert float(falling(0)) == pytest.approx(0.4)
    assert float(falling(5)) == pytest.approx(0.2)
    assert float(falling(10)) == pytest.approx(0, abs=1e-7)
    steady = Recipe(learning_rate=0.4, schedule="constant", optimizer="sgd")
    descent = steady.build_optimizer(10)
    assert isinstance(descent, keras.optimizers.SGD)
    assert descent.nesterov
    assert float(descent.learning_rate) == pytest.approx(0.4)
