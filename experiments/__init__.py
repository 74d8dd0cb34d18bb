"""The experiments: one module a source document, each run with `python -m`."""

import os

# TensorFlow's C++ side reads this when it is first imported; it is the only way to keep
# its start-up notices off the console. Whoever wants them sets the variable to 0.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
