"""`GAN.fit` beside how others write the same training: speed, quality, memory.

    python -m tests.benchmarks.peers
    python -m tests.benchmarks.peers --mnist mnist --cifar10 cifar10 --data-dir DIR

The contestants train the MNIST DCGAN and the CIFAR-10 DC-GAN of `ganzoo.networks`, or
what equals them in layers of Keras or PyTorch: the same shapes, numbers of weights,
initial distributions, losses, rates and Adam (tests/test_peers.py compares them). A
peer is set against the update of ours that is the peer's algorithm.

`ganzoo`, update="simultaneous": the algorithm of
- `TF tutorial`: a `tf.function` with two tapes in a plain loop; `tf.data` of floats in
  memory, shuffled and batched.
- `PyTorch eager`, `PyTorch channels last`, `PyTorch compiled` (channels last, too): one
  forward pass, two gradients, fused Adam; images gathered by a permutation.

`ganzoo alternating`, update="alternating": the algorithm of
- `keras-io`: a `keras.Model` with its own `train_step` in `fit()`. The discriminator is
  updated on fakes and reals joined to one batch, labels 0 and 1, then the generator on
  fresh noise.

What a peer is granted that its source does not have: batches of a static size (or the
last one of an epoch would be traced again); in the keras-io pattern, the players called
in training mode; in PyTorch a pipeline by hand, cheaper than a DataLoader, and Adam in
one kernel; the rates and moments of ours; a clock that starts after the first four
steps, which trace and compile.

What ours does besides, and no peer does: noise, dropout and batches are functions of
(seed, step), so that a run resumes bit by bit and does not depend on the number of
replicas; running means of losses and probabilities; the counter of steps. What makes it
faster all the same: on CPUs its convolutions of small grids are products of frequencies
(`ganzoo.layers.fft_convolution`), and normalisation is a fused kernel's. Where they differ,
for better or worse: joined batches share the statistics of the CIFAR-10 discriminator's
batch normalisation and halve its loss, which Adam does not notice; a convolution of
PyTorch that halves the size pads as much on either side, and is ours mirrored; the
random numbers are each library's own, and so is each contestant's course.

Each contestant runs in a process of its own, in one training from its first step to its
last, which stops while another has its turn; so a machine whose speed drifts slows all
of them alike. Measured, in this order:
- seconds of training, and images, to a Fréchet distance that is stated. Every so many
  steps the clock stops, samples are drawn from the raw weights (`--average`: of ours,
  from their moving average) and the shipped classifier compares them with the training
  images. Noise has no distance: CIFAR-10 takes part with `--cifar10` only.
- peak memory: the most that a process had before it drew its first samples, its
  libraries, the data set and what its pipeline makes of that included.
- images/s: the median of several turns.

Run it while nothing else runs. Linux only.
"""
