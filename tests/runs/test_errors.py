"""What is wrong with a run folder, in words that help."""

from pathlib import Path

import pytest

from ganzoo.runs import MovedError, RunError, local


def test_a_folder_is_a_path():
    assert local("runs/a") == Path("runs/a")
    assert local(Path("runs/a")) == Path("runs/a")


@pytest.mark.parametrize("bucket", ["gs://bucket/run", "s3://bucket/run"])
def test_a_bucket_is_refused_with_what_helps(bucket):
    with pytest.raises(RunError, match=f"{bucket} is a bucket.*tpu/job.sh"):
        local(bucket)


def test_a_moved_folder_is_told_with_both_places_and_the_step():
    moved = MovedError(Path("old/run"), Path("new/run"), 17)
    assert isinstance(moved, RunError)
    assert isinstance(moved, ValueError)
    assert (moved.path, moved.step) == (Path("new/run"), 17)
    for part in ("old/run was moved to new/run", "after step 17", "--output"):
        assert part in str(moved)
