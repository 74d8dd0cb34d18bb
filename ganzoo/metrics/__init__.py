"""Measures of generated images: extract, then statistics, then distance."""

from ganzoo.metrics.classification import (
    class_histogram,
    classifier_score,
    classifier_score_splits,
    confident_share,
    histogram_divergence,
)
from ganzoo.metrics.evaluation import (
    Measures,
    Reference,
    comparable,
    differences,
    measure,
)
from ganzoo.metrics.features import Extractor, Features, load_classifier
from ganzoo.metrics.frechet import Gaussian, frechet_distance, statistics

__all__ = [
    "Extractor",
    "Features",
    "Gaussian",
    "Measures",
    "Reference",
    "class_histogram",
    "classifier_score",
    "classifier_score_splits",
    "comparable",
    "confident_share",
    "differences",
    "frechet_distance",
    "histogram_divergence",
    "load_classifier",
    "measure",
    "statistics",
]
