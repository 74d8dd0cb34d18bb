"""`GAN.fit` compared with other training loops: speed, quality and memory.

    python -m tests.benchmarks.peers
    python -m tests.benchmarks.peers --mnist mnist --cifar10 cifar10 --data-dir DIR

The contestants train the MNIST DCGAN and the CIFAR-10 DC-GAN of `ganzoo.networks`, or
equal networks of Keras or PyTorch layers: the same shapes, numbers of weights, initial
distributions, losses, learning rates and Adam (tests/test_peers.py compares them). Each
peer is compared with our update that is the same algorithm.

`ganzoo`, update="simultaneous": the algorithm of
- `TF tutorial`: a `tf.function` with two tapes in a plain loop; `tf.data` of floats in
  memory, shuffled and batched.
- `PyTorch eager`, `PyTorch channels last`, `PyTorch compiled` (channels last, too): one
  forward pass, two gradients, fused Adam; images gathered by a permutation.

`ganzoo alternating`, update="alternating": the algorithm of
- `keras-io`: a `keras.Model` with its own `train_step` in `fit()`. The discriminator is
  updated on fakes and reals joined to one batch, labels 0 and 1, then the generator on
  fresh noise.

The peers have some advantages over their sources: batches of a static size (otherwise
the last batch of an epoch would be traced again); in the keras-io pattern, networks
called in training mode; in PyTorch, a hand-written pipeline, which is cheaper than a
DataLoader, and Adam in one kernel; our learning rates and moments; and a clock that
starts after the first four steps, which trace and compile.

Only ours has noise, dropout and batches that are functions of (seed, step), so that a
run resumes bit-exactly and does not depend on the number of replicas; running means of
losses and probabilities; and a counter of steps. It is faster nevertheless, because on
CPUs its convolutions of small grids are FFT convolutions
(`ganzoo.layers.fft_convolution`), and batch normalization uses a fused kernel. Some
differences remain: joined batches share the statistics of the CIFAR-10 discriminator's
batch normalization and halve its loss, which does not affect Adam; PyTorch's strided
convolutions pad equally on both sides, so they are mirrored versions of ours; and
random numbers differ between libraries, and with them the course of training.

Each contestant runs in its own process, in a single training that pauses while others
have their turn, so that changes in the machine's speed affect all of them. The
benchmark measures, in this order:
- seconds and steps to a given Fréchet distance. After every `--every` steps the clock
  stops, the raw weights generate samples (with `--average`, ours use the moving
  average), and the shipped classifier compares them with the training images. Noise has
  no meaningful distance, so CIFAR-10 takes part only with `--cifar10`.
- peak memory of a process before it generates its first samples, including its
  libraries, the data set and the pipeline.
- images/s, the median of several turns.

Run it on an otherwise idle machine. Linux only.
"""
