"""The experiments: one module a source document, each run with `python -m`."""

import os

# TensorFlow's C++ side reads this when it is first imported: from then on it keeps its
# notices to itself (those of the import are `ganzoo.console`'s business). Whoever wants
# them sets the variable to 0.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
