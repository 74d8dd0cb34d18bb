"""What a generator is, in words for a page."""

import re

from ganzoo.explorer.pictures import size_in_words
from ganzoo.zoo import catalog
from ganzoo.zoo.conditionings import Classes, Drawings
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler


def text(name: str, sampler: Sampler) -> str:
    """Returns a generator's inputs and, from its card in the zoo, its origin.

    Args:
        name: Name of the generator, of the zoo or a user's own.
        sampler: The generator.

    Returns:
        A Markdown list.
    """
    lines = [f"**Pictures**: {size_in_words(sampler)}"]
    lines.append(f"**What it needs**: {_inputs(sampler)}")
    weights = sampler.generator.count_params()
    lines.append(f"**Size**: {weights:,} weights (numbers that training has found)")
    if name in catalog.names():
        lines += _card(catalog.card(name))
    return "\n".join(f"- {line}" for line in lines)


def _inputs(sampler: Sampler) -> str:
    if isinstance(sampler.conditioning, Drawings):
        return "a drawn picture, which it makes look real"
    parts = [f"{sampler.noise_dim} random numbers, the noise"]
    if sampler.codes is not None:
        parts.append("codes, which mean something that training has found by itself")
    if isinstance(sampler.conditioning, Classes):
        parts.append(f"one of {sampler.conditioning.num_classes} classes")
    if isinstance(sampler.conditioning, Layout):
        parts[0] += " (for the background and for each object)"
        parts.append("a class and a box for each object")
    return "; ".join(parts)


def _card(card: dict) -> list[str]:
    lines = []
    if data := card.get("data"):
        name = re.sub(r" \d[\d.]*$", "", str(data["name"]))
        lines.append(f"**Learned from**: {data['images']:,} pictures of {name}")
    if seconds := card.get("training_seconds"):
        took = f"{seconds / 60:.0f} minutes"
        if seconds >= 2 * 3600:
            took = f"{seconds / 3600:.1f} hours"
        cores = card.get("trained_on", {}).get("cpu_cores")
        lines.append(f"**Training**: {took}" + (f" on {cores} cores" if cores else ""))
    if distance := card.get("measures", {}).get("frechet_distance"):
        lines.append(
            f"**Fréchet distance**: {distance:.2f} (0 would be like the real pictures; "
            "only comparable with others of this zoo and data)"
        )
    if faults := card.get("known_faults"):
        lines.append(f"**Known faults**: {faults}")
    return lines
