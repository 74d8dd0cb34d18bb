"""Metrics of generated images: extract features, then statistics, then distance."""

from ganzoo.metrics.classification import (
    class_histogram,
    classifier_score,
    classifier_score_splits,
    confident_fraction,
    histogram_divergence,
)
from ganzoo.metrics.classifier_results import ClassifierResults, Recipe
from ganzoo.metrics.coverage import Prdc, prdc
from ganzoo.metrics.duplicates import (
    DuplicateThreshold,
    NearDuplicates,
    near_duplicates,
)
from ganzoo.metrics.evaluation import (
    MetricReport,
    Reference,
    comparable,
    differences,
    measure,
)
from ganzoo.metrics.extractors import EXTRACTORS, load_extractor
from ganzoo.metrics.features import Extractor, Features, load_classifier
from ganzoo.metrics.frechet import (
    Gaussian,
    frechet_distance,
    read_statistics,
    statistics,
)
from ganzoo.metrics.generated_training import (
    gan_test,
    gan_train,
    labeled_images,
    train_and_test,
)
from ganzoo.metrics.inception import load_inception
from ganzoo.metrics.kernel_distance import (
    KernelDistance,
    kernel_distance,
    squared_discrepancy,
)
from ganzoo.metrics.memorization import Memorization, memorization
from ganzoo.metrics.modes import ClassModes, PointModes, class_modes, point_modes
from ganzoo.metrics.neighbors import (
    Neighbors,
    nearest_by_features,
    nearest_by_pixels,
    nearest_by_structural_similarity,
)
from ganzoo.metrics.objects import (
    Outside,
    cut_out,
    free_windows,
    ink,
    ink_outside,
    look_outside,
    spread_within,
)
from ganzoo.metrics.pixel_features import PixelFeatures
from ganzoo.metrics.pretrained import load_fid, load_lite0, load_vgg
from ganzoo.metrics.sliced import Mind, mind, sliced_wasserstein
from ganzoo.metrics.spread import half_width
from ganzoo.metrics.structural_similarity import structural_similarity
from ganzoo.metrics.translation import score_translation

__all__ = [
    "EXTRACTORS",
    "ClassModes",
    "ClassifierResults",
    "DuplicateThreshold",
    "Extractor",
    "Features",
    "Gaussian",
    "KernelDistance",
    "Memorization",
    "MetricReport",
    "Mind",
    "NearDuplicates",
    "Neighbors",
    "Outside",
    "PixelFeatures",
    "PointModes",
    "Prdc",
    "Recipe",
    "Reference",
    "class_histogram",
    "class_modes",
    "classifier_score",
    "classifier_score_splits",
    "comparable",
    "confident_fraction",
    "cut_out",
    "differences",
    "frechet_distance",
    "free_windows",
    "gan_test",
    "gan_train",
    "half_width",
    "histogram_divergence",
    "ink",
    "ink_outside",
    "kernel_distance",
    "labeled_images",
    "load_classifier",
    "load_extractor",
    "load_fid",
    "load_inception",
    "load_lite0",
    "load_vgg",
    "look_outside",
    "measure",
    "memorization",
    "mind",
    "near_duplicates",
    "nearest_by_features",
    "nearest_by_pixels",
    "nearest_by_structural_similarity",
    "point_modes",
    "prdc",
    "read_statistics",
    "score_translation",
    "sliced_wasserstein",
    "spread_within",
    "squared_discrepancy",
    "statistics",
    "structural_similarity",
    "train_and_test",
]
