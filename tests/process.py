"""A process that runs tests: logical devices, and what costs time turned off."""

import gc

from ganzoo import distribute

# isort: split
import tensorflow as tf
from tensorflow.python.data.ops import multi_device_iterator_ops

distribute.virtual_cpus(4)  # before TensorFlow's first operation

# What the imports left stays: looking through it again and again would be a twentieth
# of the tests' time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 10)

create_device_dataset = multi_device_iterator_ops._create_device_dataset


def without_autotuning(*args) -> tf.data.Dataset:
    """A replica's data; see `pipeline._without_autotuning` for what tuning costs."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return create_device_dataset(*args).with_options(options)


# TensorFlow sets no options for what it makes of a dataset for several replicas.
multi_device_iterator_ops._create_device_dataset = without_autotuning
