"""Measures of generated images: extract, then statistics, then distance."""

from ganzoo.metrics.classification import (
    class_histogram,
    classifier_score,
    classifier_score_splits,
    confident_share,
    histogram_divergence,
)
from ganzoo.metrics.duplicates import (
    DuplicateThreshold,
    NearDuplicates,
    near_duplicates,
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
from ganzoo.metrics.modes import ClassModes, PointModes, class_modes, point_modes
from ganzoo.metrics.translation import score_translation

__all__ = [
    "ClassModes",
    "DuplicateThreshold",
    "Extractor",
    "Features",
    "Gaussian",
    "Measures",
    "NearDuplicates",
    "PointModes",
    "Reference",
    "class_histogram",
    "class_modes",
    "classifier_score",
    "classifier_score_splits",
    "comparable",
    "confident_share",
    "differences",
    "frechet_distance",
    "histogram_divergence",
    "load_classifier",
    "measure",
    "near_duplicates",
    "point_modes",
    "score_translation",
    "statistics",
]
