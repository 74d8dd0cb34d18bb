"""Parses penalties from the command line, such as "r1(1) + r2(1)"."""

import functools
import operator
import re

import ganzoo


def parse(text: str | None) -> "ganzoo.penalties.Penalty | None":
    """Parses a penalty; None stays None.

    A name of `ganzoo.penalties` may be followed by the weight (for weight clipping, the
    limit) in parentheses; the default is the paper's. `+` adds penalties.

    Raises:
        ValueError: The name is unknown, or the weight is out of range.
    """
    if text is None:
        return None
    terms = re.split(r"\+(?![^(]*\))", text)
    return functools.reduce(operator.add, map(_term, terms))


def _term(text: str) -> "ganzoo.penalties.Penalty":
    parts = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", text)
    if parts is None:
        raise _unreadable(text)
    penalty = ganzoo.penalties.get(parts[1])
    if parts[2] is None:
        return penalty
    try:
        weight = float(parts[2])
    except ValueError:
        raise _unreadable(text) from None
    return type(penalty)(weight)


def _unreadable(text: str) -> ValueError:
    return ValueError(
        f"Unknown penalty {text!r}. Use {', '.join(ganzoo.penalties.names())}, each "
        "optionally with a weight in parentheses, or a sum of these such as "
        "'r1(1.0) + r2(1.0)'."
    )
