"""The paper's claims about its images, as bounds on the numbers of a run."""

from experiments.harness import ReferenceValue, runs_with

REFERENCE_VALUES = (
    ReferenceValue(
        "last/frechet_distance",
        "images get visibly better with the epochs: at most half the distance",
        maximum=0.5,
        relative_to="first/frechet_distance",
        when=runs_with(20, dataset="mnist"),
    ),
    ReferenceValue(
        "last/confident_share",
        "digits become recognizable: more than half are, to the classifier",
        minimum=0.5,
        when=runs_with(50, dataset="mnist"),
    ),
    ReferenceValue(
        "last/classifier_score",
        "digits become recognizable, not blobs that are all taken for one digit: a "
        "classifier score of at least 5 of 10",
        minimum=5.0,
        when=runs_with(50, dataset="mnist"),
    ),
)
