"""What models do on TensorFlow alone: tf.data, tf.distribute, and graphs of layers.

The only modules of `ganzoo.gans` that import TensorFlow, and only imported on it.
"""
