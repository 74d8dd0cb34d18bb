"""What all experiments share: the common fields, and how a command begins and ends."""

import contextlib
import dataclasses
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence

import keras
import tensorflow as tf
import tyro

from experiments import checking, limits, precisions, workers
from experiments.expected import Expected
from ganzoo import commands, data, runs
from ganzoo.callbacks import Diverged, Interrupted

ON_NAN = ("stop", "rollback")


@dataclasses.dataclass(frozen=True)
class Common:
    """Fields of every experiment."""

    output: str
    """The run folder. The same command on the same folder resumes the run."""
    dataset: str
    """A TFDS name, "digits" (embedded), a folder of class sub-folders, or an .npz."""
    data_dir: str | None = None
    """Where prepared TFDS sets, or a set's original files, are (or TFDS_DATA_DIR)."""
    epochs: int = 50
    """Passes over the training images."""
    batch_size: int = 256
    """Real images in a batch, over all replicas."""
    seed: int = 0
    """Of initial weights, data order, noise and dropout."""
    strategy: str = "auto"
    """auto, cpu, gpu, mirrored, tpu or multi_worker."""
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device has units for it."""
    deterministic: bool = True
    """Only operations that give the same result each time; costs speed on a GPU."""
    on_nan: str = "stop"
    """What to do where a loss or a weight becomes NaN or infinite: stop, or rollback,
    which goes on from the last good checkpoint with half the learning rates, at most 3
    times."""
    smoke: bool = False
    """Run the whole of it in about a minute, on few images, to see that it works."""

    def check(self) -> None:
        """Refuses values that no training could start with.

        Raises:
            ValueError: Naming the field, its value and what is accepted.
        """
        runs.local(self.output)
        limits.sane(self)
        limits.named(self)
        limits.at_least(1, self, "epochs", "batch_size")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed={self.seed} must be 0 to {2**32 - 1}.")
        limits.one_of(self, "precision", precisions.PRECISIONS)
        limits.one_of(self, "on_nan", ON_NAN)


def smaller(config: Common, changes: dict, outputs: Sequence[str] = ()) -> Common:
    """Returns, of a smoke run, the settings: few images, and a folder of its own.

    Args:
        config: Returned as it is where `smoke` is not asked for.
        changes: What makes the run small.
        outputs: Folders that are defaults, too.
    """
    if not config.smoke:
        return config
    if config.output in (type(config).output, *outputs):
        changes = changes | {"output": f"{config.output}_smoke"}
    return dataclasses.replace(config, **changes)


def image_set(
    config: Common,
    split: str,
    shape: tuple[int, ...] | Sequence[tuple[int, ...]],
    *,
    classes: int | None = None,
    remedy: str = "",
    hold_out: bool = False,
) -> data.ImageSet:
    """Loads a split, cuts it if asked, and checks that it can be drawn and measured.

    Args:
        config: Says which set; its `train_images`, if any, cuts the training images.
        split: "train" or "test".
        shape: Height, width and channels that the networks draw, or several such.
        classes: Number of classes that the measures need.
        remedy: What to do about another number, for the message.
        hold_out: Whether a set without test images has some of its training images
            held out as such; see `data.hold_out`.

    Raises:
        ganzoo.data.DataError: A set that is absent, or of another shape or kind.
    """
    images = whole_set(
        config, split, shape, classes=classes, remedy=remedy, hold_out=hold_out
    )
    return cut(config, images) if split == "train" else images


def load(
    dataset: str, split: str, data_dir: str | None, *, say: bool = True
) -> data.ImageSet:
    """Loads a split, and says which files were used, and which were left out.

    Args:
        dataset: As in `data.load`, like the next two.
        split: Name of the split.
        data_dir: Where prepared sets are.
        say: Whether to say so.

    Raises:
        ganzoo.data.DataError: As `data.load`.
    """
    images = data.load(dataset, split, data_dir)
    if images.note and say:
        print(images.note, file=sys.stderr)
    return images


def whole_set(
    config: Common,
    split: str,
    shape: tuple[int, ...] | Sequence[tuple[int, ...]],
    *,
    classes: int | None = None,
    remedy: str = "",
    hold_out: bool = False,
) -> data.ImageSet:
    """Does as `image_set`, without the cutting."""
    hold_out = hold_out and not data.has_test(config.dataset)
    loaded = "train" if hold_out else split
    once = split == "train" or not hold_out  # of a set that is loaded twice
    images = load(config.dataset, loaded, config.data_dir, say=once)
    shapes = [shape] if isinstance(shape[0], int) else shape
    if images.shape not in shapes:
        raise data.DataError(
            f"{images.name} has images of shape {images.shape}; the networks of this "
            f"experiment draw {' or '.join(map(str, shapes))}."
        )
    if classes is not None and len(images.class_names) != classes:
        raise data.DataError(
            f"{images.name} has {len(images.class_names)} classes; the measures look "
            f"through a classifier of {classes} classes. {remedy}".rstrip()
        )
    return data.hold_out(images)[("train", "test").index(split)] if hold_out else images


def cut(config: Common, images: data.ImageSet) -> data.ImageSet:
    """Returns `train_images` of a set, see `first`; of a smoke run as far as it goes.

    Raises:
        ValueError: The set has fewer.
    """
    count = getattr(config, "train_images", None)
    if count is None:
        return images
    return first(images, min(count, len(images)) if config.smoke else count)


def begin(config: Common, changes: dict, outputs: Sequence[str] = ()) -> Common:
    """Returns the settings, of a smoke run smaller ones, checked; seeds everything.

    Args:
        config: The settings asked for.
        changes: As in `smaller`.
        outputs: As in `smaller`.

    Raises:
        ValueError: Settings that no training could start with.
    """
    config = prepared(config, changes, outputs)
    start(config)
    return config


def prepared(config: Common, changes: dict, outputs: Sequence[str] = ()) -> Common:
    """Returns the settings, of a smoke run smaller ones, with "auto" settled.

    Args:
        config: The settings asked for.
        changes: As in `smaller`.
        outputs: As in `smaller`.

    Raises:
        ValueError: Settings that no training could start with.
    """
    config = smaller(config, changes, outputs)
    config.check()
    return precisions.settled(config)


def start(config: Common) -> None:
    """Seeds everything, and makes TensorFlow deterministic if asked."""
    tf.get_logger().addFilter(_no_retracing)
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()


def _no_retracing(record: logging.LogRecord) -> bool:
    # Pictures and measures are drawn in batches of several sizes, each traced once.
    return "triggered tf.function retracing" not in record.getMessage()


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """Sets Keras's dtype policy for the layers built inside."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precisions.resolved(name))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def first(images: data.ImageSet, count: int) -> data.ImageSet:
    """Returns the first images of a set, or some of each class; see `data.some`.

    Args:
        images: The set.
        count: Number of images, from 1 to the size of the set.

    Raises:
        ValueError: The set is smaller.
    """
    if not 0 < count <= len(images):
        raise ValueError(
            f"train_images={count} must be 1 to {len(images)}: {images.name} has no "
            "more images."
        )
    return data.some(images, count)


def main(
    run: Callable,
    config_class: type,
    description: str,
    *,
    args: Sequence[str] | None = None,
    expected: Sequence[Expected] | None = None,
    known: Sequence[str] = (),
    **command,
) -> None:
    """Runs an experiment from the command line, with readable ends.

    The exit status is 0 for a finished run, 1 for one that failed, or whose numbers
    failed a check, and 128 plus the signal's number for one that was asked to stop, and
    can be resumed.

    Args:
        run: Called with the settings.
        config_class: Their dataclass.
        description: What `--help` begins with.
        args: The words of the command line; by default those of the program.
        expected: What the source says of the numbers; None knows no `--check`.
        known: Words that the command line may begin with, for whoever mistypes one.
        **command: What `tyro.cli` takes besides, such as `default`.
    """
    words = list(sys.argv[1:] if args is None else args)
    checked = expected is not None and checking.WORD in words
    if checked:  # it is no setting: the run folder does not learn of it
        words = [word for word in words if word != checking.WORD]
        sys.argv = [word for word in sys.argv if word != checking.WORD]
    if expected is not None:
        description += checking.HELP

    def read():
        return tyro.cli(config_class, description=description, args=words, **command)

    with commands.resources():
        config = commands.parsed(read, known)
    try:
        with commands.resources():
            limits.sane(config)
            result = run(config)
            if checked and not checking.check(result, expected):
                sys.exit(1)
    except Interrupted as stop:
        print(f"\n{stop}", file=sys.stderr)
        sys.exit(128 + stop.signal)
    except KeyboardInterrupt:  # before the training, after it, or a second Ctrl-C
        print("\nStopped at once; the same command goes on.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except tf.errors.OpError as error:
        if not workers.lost(error):
            raise
        print(f"\nerror: {workers.in_words(config)}", file=sys.stderr)
        sys.exit(1)
    except (Diverged, FloatingPointError, OSError, RuntimeError, ValueError) as error:
        print(f"\nerror: {error}", file=sys.stderr)
        sys.exit(1)
