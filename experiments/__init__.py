"""The experiments: one folder per source document, each run with `python -m`."""

import os

# TensorFlow's C++ side reads this when it is first imported, and keeps its notices to
# itself from then on. Whoever wants them sets the variable to 0.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# First of all imports, for this one drops the notices that come before (see
# `ganzoo.console`), and `import keras` by itself would not.
import ganzoo  # noqa: F401
