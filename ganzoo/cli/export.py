"""`python -m ganzoo export WHAT`."""

from typing import TYPE_CHECKING

import tyro

from ganzoo import files, zoo
from ganzoo.cli.options import NO_OPTIONS, FileOptions
from ganzoo.export import formats as known
from ganzoo.zoo import locating

if TYPE_CHECKING:
    from ganzoo.export import Exported


def export(
    what: tyro.conf.Positional[str],
    output: str,
    formats: tuple[str, ...] = (),
    file: FileOptions = NO_OPTIONS,
) -> None:
    """Write a generator for use without ganzoo, in several formats.

    Each file is run and compared with Keras; readme.md in the folder says how to load
    it.

    Args:
        what: A generator of the zoo, a .keras file, or a run folder.
        output: New folder to write.
        formats: keras, savedmodel, tflite, and onnx, which needs the extra `export`; by
            default all that are installed.
        file: Options of a .keras file.
    """
    known.chosen(formats)
    files.check_new_folder(output)
    locating.locate(what, **file.given())

    from ganzoo.export import folder

    sampler = zoo.open_generator(what, **file.given())
    done = folder.to_folder(
        sampler, output, formats or None, title=f"Generator {what}", told=_tell
    )
    for name, one in known.FORMATS.items():
        if one.missing and not formats:
            print(f"{name}: left out, it needs {known.remedy(one.missing)}")
    failed = [one.name for one in done if one.reason]
    if failed and (formats or len(failed) == len(done)):
        raise ValueError(f"{', '.join(failed)}: not written, see above.")
    print(f"written: {output}, how to load it: {output.rstrip('/')}/readme.md")


def _tell(done: "Exported") -> None:
    file = known.FORMATS[done.name].file
    if done.reason:
        print(f"{done.name}: not possible; {done.reason}", flush=True)
    else:
        print(
            f"{done.name}: {file}, {done.bytes:,} bytes, differs from Keras by at most "
            f"{done.difference:.1e}",
            flush=True,
        )
