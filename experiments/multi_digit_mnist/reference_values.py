"""The paper's claims, and goals to exceed them, as bounds on the numbers of a run."""

from experiments.harness import ReferenceValue, runs_with

_SOURCE = {"joint": True, "conditioning": "input", "label_scale": 1.0}
_SOURCE |= {"draw_labels": False, "mismatch_weight": 0.0}
_OURS = {"joint": False, "conditioning": "projection", "blank": True}
REFERENCE_VALUES = (
    ReferenceValue(
        "final/seen_accuracy",
        "works for label orders seen in training: four of five digits are right",
        minimum=0.8,
        when=runs_with(8, **_SOURCE),
    ),
    ReferenceValue(
        "final/unseen_same_mix_accuracy",
        "for new orders the digits are often wrong: with the same labels, a tenth "
        "fewer are right than for seen ones",
        maximum=0.9,
        relative_to="final/seen_accuracy",
        when=runs_with(8, **_SOURCE),
    ),
    *(
        ReferenceValue(
            f"final/{situation}_accuracy",
            f"what the source fails at, to be beaten: {percent}% of the digits right, "
            f"{what}",
            minimum=percent / 100,
            when=runs_with(8, **_OURS),
        )
        for situation, percent, what in (
            ("seen", 97, "in orders trained on"),
            ("unseen", 95, "in orders never seen"),
        )
    ),
    ReferenceValue(
        "ours/last/unseen_accuracy",
        "the source fails in orders never seen; ours must not: 95% right",
        minimum=0.95,
        when=runs_with(8),
    ),
    ReferenceValue(
        "ours/last/unseen_accuracy",
        "the source fails in orders never seen: ours are better by 1% beside it",
        minimum=1.01,
        relative_to="source/last/unseen_accuracy",
        when=runs_with(8),
    ),
)
