"""The experiments: one folder per source document, each run with `python -m`."""

import os

# TensorFlow's C++ code reads this variable at its first import and then logs no
# notices. Set it to 0 to see them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# This import comes first because it also drops the notices that are logged before the
# variable is read (see `ganzoo.console`); `import keras` alone does not.
import ganzoo  # noqa: F401
