"""Values of variables for the duration of a block of code."""

from collections.abc import Iterable
from typing import Any

import keras
from keras.src.backend.common.stateless_scope import get_stateless_scope


class Scope(keras.StatelessScope):
    """A `keras.StatelessScope` in which the scope around it holds, too.

    Scopes of Keras do not chain: in an inner one, a variable outside of its mapping has
    its initial value on JAX, whatever the outer one says.

    Attributes:
        assigned: The variables that were assigned inside, by their ids.
    """

    def __init__(self, mapping: Iterable[tuple[keras.Variable, Any]] = ()):
        """Takes pairs of a variable and its value inside."""
        super().__init__(mapping, collect_losses=True)
        self.assigned: dict[int, keras.Variable] = {}
        outer = get_stateless_scope()
        if outer is not None:
            own = self.state_mapping
            self.state_mapping: dict[int, Any] = outer.state_mapping | own

    def add_update(self, update: tuple[keras.Variable, Any]) -> None:
        """Takes an assignment, a pair of a variable and its new value."""
        self.assigned[id(update[0])] = update[0]
        super().add_update(update)
