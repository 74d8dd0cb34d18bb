"""tpu/job.sh and tpu/queued.sh, with stand-ins for Python, gcloud and the network."""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tpu import job as job_module
from tpu.locks import JobError

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash"
)

# A program that notes each start, and ends with the next status of a list.
PROGRAM = """\
echo "$@" >>"$NOTES/starts"
number=$(wc -l <"$NOTES/starts")
set -- $STATUSES
exit "${!number}"
"""

# A program that runs until it is asked to stop, then saves a checkpoint.
PATIENT = """\
while (($#)) && [[ $1 != --output ]]; do shift; done
output=$2
save() {
    touch "$NOTES/asked"
    for _ in {1..600}; do [[ -e $NOTES/hold ]] && sleep 0.05; done
    mkdir -p "$output" && echo "step 12" >"$output/checkpoint"
    exit 143
}
trap save TERM
touch "$NOTES/started"
for _ in {1..600}; do sleep 0.05; done
"""

# gs://name is a folder of that name; each call is noted.
GCLOUD = """\
#!/usr/bin/env bash
echo "$@" >>"$NOTES/gcloud"
declare -a paths=()
remove="" verb="$1 $2"
shift 2
if [[ $verb == "compute tpus" ]]; then exec "$NOTES/resources" "$@"; fi
for word in "$@"; do
    case $word in
    --delete*) remove=--remove ;;
    --*) ;;
    gs://*) paths+=("$BUCKETS/${word#gs://}") ;;
    *) paths+=("$word") ;;
    esac
done
[[ -z ${DENIED:-} ]] || { echo "denied" >&2; exit 1; }
case $verb in
"storage cp")
    [[ -z ${BROKEN:-} || ${paths[1]} != *.tar ]] || exit 1
    mkdir -p "$(dirname "${paths[1]}")"
    if [[ ${paths[0]} == - ]]; then cat >"${paths[1]}"; else cp "${paths[@]}"; fi ;;
"storage ls")
    [[ -z ${UNLISTED:-} ]] || exit 1
    prefix=${paths[0]%'**'}
    for file in $(find "$(dirname "$prefix.")" -type f); do
        [[ $file != "$prefix"* ]] || echo "gs://${file#"$BUCKETS/"}"
    done ;;
"storage cat") cat "${paths[0]}" ;;
"storage rm") rm "${paths[0]}" ;;
"storage rsync")
    [[ -d ${paths[0]} ]] || exit 1
    mkdir -p "${paths[1]}"
    [[ -z $remove ]] || find "${paths[1]}" -mindepth 1 -delete
    cp -r "${paths[0]}/." "${paths[1]}" ;;
esac
"""


# The Python of job.sh is a stand-in, too, but for job.sh's own module.
PYTHON = f"""\
#!/usr/bin/env bash
[[ $2 != tpu.job ]] || exec "{sys.executable}" "$@"
"""


def python(path: Path, text: str) -> Path:
    return program(path, PYTHON + text)


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A folder of notes, and programs on the path."""
    monkeypatch.setenv("NOTES", str(tmp_path))
    monkeypatch.setenv("BUCKETS", str(tmp_path / "buckets"))
    monkeypatch.setenv("RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PAUSE", "0")
    monkeypatch.setenv("POLL", "0")
    monkeypatch.setenv("PYTHON", str(python(tmp_path / "python", PROGRAM)))
    program(tmp_path / "bin" / "gcloud", GCLOUD)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # of the locks
    names = ("STRATEGY", "RESTARTS", "SYNC", "WAIT", "TIER", "VERSION", "MULTI_HOST")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def job(*arguments: str, script: str = "job.sh", **environment: str):
    """Runs a script to its end."""
    return subprocess.run(
        ["bash", str(ROOT / "tpu" / script), *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def starts(world) -> list[str]:
    return (world / "starts").read_text().splitlines()


def wait_for(path: Path, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not come"
        time.sleep(0.02)


def test_an_interrupted_program_is_started_again_until_it_ends(world):
    done = job("experiments.x", "--epochs", "2", STATUSES="143 143 0")
    assert done.returncode == 0, done.stderr
    assert starts(world) == ["-m experiments.x --epochs 2 --strategy tpu"] * 3
    assert done.stderr.count("Interrupted") == 2


@pytest.mark.parametrize("status", [1, 2, 130, 134, 137])
def test_any_other_end_is_the_end(world, status):
    done = job("experiments.x", STATUSES=f"143 {status} 0")
    assert done.returncode == status
    assert len(starts(world)) == 2


def test_restarts_have_an_end(world):
    done = job("experiments.x", STATUSES="143 " * 9, RESTARTS="3")
    assert done.returncode == 143
    assert len(starts(world)) == 4


def test_a_strategy_that_is_named_is_kept(world):
    job("experiments.x", "--strategy", "cpu", STATUSES="0")
    job("experiments.x", "--strategy=cpu", STATUSES="0 0")
    job("experiments.x", STATUSES="0 0 0", STRATEGY="auto")
    assert [line.split("x ")[1] for line in starts(world)] == [
        "--strategy cpu",
        "--strategy=cpu",
        "--strategy auto",
    ]


def test_it_computes_with_jax_unless_told_otherwise(world, monkeypatch):
    note = 'echo "$KERAS_BACKEND" >>"$NOTES/backends"'
    monkeypatch.setenv("PYTHON", str(python(world / "noting", note)))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    job("experiments.x")
    job("experiments.x", KERAS_BACKEND="tensorflow")
    assert (world / "backends").read_text().split() == ["jax", "tensorflow"]


def test_without_an_experiment_it_says_what_is_missing(world):
    done = job()
    assert done.returncode == 1
    assert done.stderr.startswith("error: name an experiment")


@contextlib.contextmanager
def started(world, *arguments: str, **environment: str):
    """Starts a job whose program runs until it is asked to stop."""
    patient = str(python(world / "patient", PATIENT))
    with open(world / "said", "w") as said:
        running = subprocess.Popen(
            ["bash", str(ROOT / "tpu" / "job.sh"), *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHON": patient} | environment,
            stderr=said,
            start_new_session=True,
        )
    try:
        wait_for(world / "started")
        yield running
    finally:
        (world / "hold").unlink(missing_ok=True)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def stopped(world, *arguments: str, script_only: bool = True) -> int:
    """Starts a job, asks it to stop once its program runs; returns its status."""
    with started(world, *arguments) as running:
        if script_only:
            running.send_signal(signal.SIGTERM)
        else:  # as systemd does it, to the script and the program
            os.killpg(running.pid, signal.SIGTERM)
        return running.wait(timeout=30)


@pytest.mark.parametrize("script_only", [True, False])
def test_asked_to_stop_it_waits_for_the_checkpoint_and_does_not_restart(
    world, script_only
):
    output = world / "run"
    status = stopped(
        world, "experiments.x", "--output", str(output), script_only=script_only
    )
    assert status == 143
    assert (output / "checkpoint").read_text() == "step 12\n"
    assert "Interrupted" not in (world / "said").read_text()


# ------------------------------------------------------------------ killed, and twice


@pytest.mark.parametrize("output", ["run", "gs://name/mnist", None])
def test_a_second_job_is_refused_while_the_first_is_at_work(world, output):
    command = ["experiments.x"]
    command += [] if output is None else ["--output", output]
    with started(world, *command) as running:
        done = job(*command, STATUSES="0")
        assert done.returncode == 1
        assert re.search(
            rf"^error: job.sh is already running for .*, as process {running.pid};",
            done.stderr,
        )
        other = job("experiments.x", "--output", str(world / "b"), STATUSES="0")
        assert other.returncode == 0, other.stderr
    assert len(starts(world)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells the child")
def test_after_a_kill_the_program_saves_and_the_next_start_waits_for_it(world):
    command = ("experiments.x", "--output", "gs://name/mnist")
    (world / "hold").touch()
    with started(world, *command) as running:
        running.kill()
        running.wait()
        wait_for(world / "asked")
        early = job(*command, STATUSES="0", WAIT="0.1")
        assert early.returncode == 1
        waiting, refusal = early.stderr.splitlines()
        assert waiting.startswith("A job.sh for gs://name/mnist was killed; waiting")
        assert refusal.startswith("error: the program of a killed job.sh is still")
        program = int(re.search(r"`kill (\d+)`", refusal)[1])
        os.kill(program, 0)  # it is there
        (world / "hold").unlink()
        done = job(*command, STATUSES="0")
    assert done.returncode == 0, done.stderr
    assert (local(world) / "checkpoint").read_text() == "step 12\n"
    assert len(starts(world)) == 1
    assert bucket(world, "status").read_text() == "0\n"


def test_another_process_of_that_number_is_no_job(tmp_path, monkeypatch):
    from tpu import locks

    monkeypatch.setattr(locks.tempfile, "gettempdir", lambda: str(tmp_path))
    assert locks.started(os.getpid()) == locks.started(os.getpid())
    with locks.alone("x", wait=0):
        with pytest.raises(locks.JobError, match="already running for x"):
            locks.alone("x", wait=0).__enter__()
        told = json.loads(locks.lock_file("x").read_text())
        assert told["job"] == os.getpid()
        locks.lock_file("x").write_text(json.dumps(told | {"started": "1"}))
        with pytest.raises(locks.JobError, match="the program of a killed job"):
            locks.alone("x", wait=0).__enter__()
    with locks.alone("x", wait=0):
        pass


# --------------------------------------------------------------------------- buckets


def local(world, last: str = "mnist") -> Path:
    """The folder of a run whose bucket's path ends in that word."""
    (found,) = (f for f in (world / "runs").glob(f"{last}-*") if "." not in f.name)
    return found


def bucket(world, name: str = "", run: str = "mnist") -> Path:
    return world / "buckets" / "name" / run / name


def snapshots(world) -> list[str]:
    found = (world / "buckets" / "name" / "mnist.snapshots").glob("*.tar")
    return sorted(path.name for path in found)


def trains(world, step: int, *, log: bool = True) -> None:
    """Puts a program in place that writes a log and a checkpoint of a step."""
    python(
        world / "python",
        f"""\
while (($#)) && [[ $1 != --output ]]; do shift; done
mkdir -p "$2/checkpoints" && cd "$2" || exit 9
cat steps.csv 2>/dev/null >>"$NOTES/found"
{f"echo {step} >steps.csv" if log else ""}
rm -f checkpoints/* && echo {step} >checkpoints/step
""",
    )


RUN = ("experiments.x", "--output", "gs://name/mnist")


def test_a_run_in_a_bucket_goes_on_on_the_next_machine(world):
    assert stopped(world, *RUN) == 143
    assert bucket(world, "checkpoint").read_text() == "step 12\n"
    assert bucket(world, "status").read_text() == "143\n"

    shutil.rmtree(world / "runs")  # another machine
    done = job(*RUN, STATUSES="0")
    assert done.returncode == 0, done.stderr
    folder = local(world)
    assert starts(world) == [f"-m experiments.x --output {folder} --strategy tpu"]
    assert (folder / "checkpoint").read_text() == "step 12\n"
    assert bucket(world, "status").read_text() == "0\n"


def test_the_bucket_may_be_one_word_with_its_option(world):
    done = job("experiments.x", "--output=gs://name/mnist/", STATUSES="0")
    assert done.returncode == 0, done.stderr
    assert f"--output={local(world)} " in starts(world)[0]


def test_two_runs_of_the_same_last_word_have_each_their_folder(world):
    trains(world, 1)
    assert job("experiments.x", "--output", "gs://name/a/mnist").returncode == 0
    trains(world, 2)
    assert job("experiments.x", "--output", "gs://name/b/mnist").returncode == 0
    assert not (world / "found").read_text()  # it did not see the other's log
    first, second = (bucket(world, "steps.csv", f"{run}/mnist") for run in "ab")
    assert (first.read_text(), second.read_text()) == ("1\n", "2\n")
    assert len(list((world / "runs").glob("mnist-????????"))) == 2


def test_what_is_gone_here_is_deleted_there_and_half_written_files_stay_here(world):
    trains(world, 1)
    assert job(*RUN).returncode == 0
    python(
        world / "python",
        """\
cd "$RUNS"/mnist-????????/checkpoints && rm step && echo x >.writing-1 && echo 2 >step_2
""",
    )
    done = job(*RUN)
    assert done.returncode == 0, done.stderr
    kept = bucket(world, "checkpoints")
    assert sorted(path.name for path in kept.iterdir()) == ["step_2"]
    assert (local(world) / "checkpoints" / ".writing-1").exists()
    names = {path.name.partition(".")[2] for path in (world / "runs").iterdir()}
    assert names == {"", "snapshots"}  # no links, no tar file
    assert [name[:7] for name in snapshots(world)] == ["000002-"]


def test_a_copy_that_breaks_off_leaves_the_last_one_whole(world):
    """Logs and checkpoint of a snapshot are of one moment, or there is none."""
    trains(world, 1)
    assert job(*RUN).returncode == 0
    whole = snapshots(world)
    trains(world, 2)
    done = job(*RUN, BROKEN="1")
    assert done.returncode == 1
    assert "warning: the run could not be copied to gs://name/mnist" in done.stderr
    assert snapshots(world) == whole
    bucket(world, "steps.csv").write_text("of another moment\n")

    shutil.rmtree(world / "runs")  # another machine
    trains(world, 3)
    assert job(*RUN).returncode == 0
    assert (world / "found").read_text() == "1\n1\n"


def test_a_newer_folder_of_this_machine_is_kept(world):
    trains(world, 1)
    assert job(*RUN).returncode == 0
    (local(world) / "steps.csv").write_text("newer\n")  # then the machine went down
    trains(world, 2, log=False)
    assert job(*RUN).returncode == 0
    assert (world / "found").read_text() == "newer\n"
    assert bucket(world, "steps.csv").read_text() == "newer\n"


def test_a_folder_that_the_bucket_has_left_behind_is_set_aside(world, monkeypatch):
    trains(world, 1)
    assert job(*RUN).returncode == 0
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("RUNS", str(world / "elsewhere"))
        trains(world, 2)
        assert job(*RUN).returncode == 0
    trains(world, 3)
    done = job(*RUN)
    assert done.returncode == 0, done.stderr
    assert "gs://name/mnist has since been trained on another machine" in done.stderr
    assert (world / "found").read_text() == "1\n2\n"
    (aside,) = (world / "runs").glob("*.aside-*")
    assert (aside / "steps.csv").read_text() == "1\n"


def test_of_two_machines_the_second_does_not_overwrite_the_first(world):
    with started(world, *RUN) as running:
        folder = world / "buckets" / "name" / "mnist.snapshots"
        (folder / "000007-other.tar").write_text("of another machine")
        running.terminate()
        assert running.wait(timeout=30) == 143
    said = (world / "said").read_text()
    assert "gs://name/mnist was written by another machine after" in said
    assert snapshots(world) == ["000007-other.tar"]
    assert not bucket(world, "status").exists()


def test_a_bucket_that_cannot_be_listed_is_not_taken_for_an_empty_one(world):
    done = job(*RUN, UNLISTED="1", STATUSES="0")
    assert done.returncode == 1
    assert "error: cannot read gs://name/mnist: `gcloud storage ls`" in done.stderr
    assert not (world / "starts").exists()


def test_a_run_from_before_there_were_snapshots_goes_on(world):
    for name in ("config.json", "steps.csv"):
        program(bucket(world, name), f"{name}\n")
    trains(world, 2)
    assert job(*RUN).returncode == 0
    assert (world / "found").read_text() == "steps.csv\n"
    assert bucket(world, "config.json").exists()


def test_a_checkpoint_that_comes_while_it_is_copied_comes_with_its_log(
    tmp_path, monkeypatch
):
    from tpu import bucket

    folder, links = tmp_path / "run", tmp_path / "links"
    for name in ("steps.csv", "checkpoints/step_1"):
        program(folder / name, "1")
    copies = []

    def linked(source, target):
        copies.append(Path(source).name)
        shutil.copy(source, target)
        if len(copies) == 2:  # both are linked; now training saves
            (folder / "steps.csv").write_text("2")
            program(folder / "checkpoints" / "step_2", "2")

    monkeypatch.setattr(bucket, "_linked", linked)
    bucket._link(folder, links)
    assert len(copies) == 5
    assert (links / "steps.csv").read_text() == "2"
    assert (links / "checkpoints" / "step_2").exists()

    monkeypatch.setattr(bucket, "_checkpoints", lambda folder: object())
    with pytest.raises(OSError, match="is changing too fast"):
        bucket._link(folder, links)


def test_while_it_runs_the_run_is_copied_to_the_bucket(world):
    slow = """\
while (($#)) && [[ $1 != --output ]]; do shift; done
mkdir -p "$2" && echo 1 >"$2/steps.csv"
for _ in {1..400}; do
    [[ -e $BUCKETS/name/mnist/steps.csv ]] && exit 0
    sleep 0.05
done
exit 7
"""
    python(world / "python", slow)
    done = job(*RUN, SYNC="0.1")
    assert done.returncode == 0, done.stderr


def test_a_bucket_that_cannot_be_written_is_one_clear_error(world):
    done = job("experiments.x", "--output", "gs://name/x", STATUSES="0", DENIED="1")
    assert done.returncode == 1
    assert "error: cannot write to gs://name/x: check that the bucket exists" in (
        done.stderr
    )
    assert not (world / "starts").exists()


def test_a_bucket_without_gcloud_is_one_clear_error(world, monkeypatch):
    (world / "bin" / "gcloud").unlink()
    tools = world / "tools"
    tools.mkdir()
    for name in ("bash", "dirname"):
        (tools / name).symlink_to(shutil.which(name))
    done = job("experiments.x", "--output", "gs://name/x", PATH=str(tools))
    assert done.returncode == 1
    assert "error: gs://name/x needs gcloud" in done.stderr


@pytest.mark.parametrize(
    ("output", "environment", "message"),
    [
        ("gs://name", {}, "gs://name is a whole bucket; name a folder in it, such as"),
        ("x", {"SYNC": "often"}, "SYNC=often must be a number"),
        ("x", {"RESTARTS": "-1"}, "RESTARTS=-1 must be at least 0"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_error(world, output, environment, message):
    done = job("experiments.x", "--output", output, STATUSES="0", **environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert not (world / "starts").exists()


# ------------------------------------------------------------------------- queued.sh

# Each request has a list of states, the last of which stays.
RESOURCES = """\
#!/usr/bin/env bash
verb=$2
case $verb in
create)
    echo "$@" >>"$NOTES/requests"
    cp "${!#}" /dev/null 2>/dev/null
    for word in "$@"; do
        case $word in
        --metadata-from-file=startup-script=*) cp "${word##*=}" "$NOTES/startup.sh" ;;
        esac
    done
    echo 0 >"$NOTES/looks" ;;
describe)
    looks=$(($(cat "$NOTES/looks") + 1))
    echo "$looks" >"$NOTES/looks"
    set -- $(sed -n "$(wc -l <"$NOTES/requests")p" "$NOTES/states")
    ((looks > $#)) && looks=$#
    echo "${!looks}"
    if [[ ${!looks} == ENDS* ]]; then
        folder=$BUCKETS/name/run${MULTI_HOST:+/worker-0}
        mkdir -p "$folder"
        echo "${!looks#ENDS}" >"$folder/status"
    fi ;;
delete) echo delete >>"$NOTES/deleted" ;;
esac
"""
COMMAND = ("my-run", "experiments.x", "--output", "gs://name/run", "--epochs", "3")
PLACE = {"ZONE": "us-west4-a", "TYPE": "v5litepod-4"}


def queued(world, states: list[str], *arguments: str, **environment: str):
    program(world / "resources", RESOURCES)
    (world / "states").write_text("\n".join(states) + "\n")
    wanted = arguments or COMMAND
    return job(*wanted, script="queued.sh", **(PLACE | environment))


@pytest.fixture
def in_git():
    """The script sends the last commit."""
    inside = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, check=False
    )
    if inside.returncode:
        pytest.skip("not in a git repository")


def test_a_preempted_resource_is_asked_for_again_until_the_run_ends(world, in_git):
    states = [
        "WAITING_FOR_RESOURCES ACTIVE SUSPENDING",
        "PROVISIONING ACTIVE ENDS0",
    ]
    done = queued(world, states)
    assert done.returncode == 0, done.stderr
    assert "Preempted." in done.stdout
    assert "status 0" in done.stdout
    requests = (world / "requests").read_text().splitlines()
    assert len(requests) == 2
    assert "create my-run --zone=us-west4-a" in requests[0]
    for part in (
        "--accelerator-type=v5litepod-4",
        "--runtime-version=v2-alpha-tpuv5-lite",
        "--spot",
    ):
        assert part in requests[0]
    assert len((world / "deleted").read_text().splitlines()) == 2


def test_the_status_of_the_run_is_that_of_the_script(world, in_git):
    assert queued(world, ["ACTIVE ENDS1"]).returncode == 1


def test_a_run_that_was_interrupted_has_not_ended(world, in_git):
    done = queued(world, ["ACTIVE ENDS143 SUSPENDED", "ACTIVE ENDS0"])
    assert done.returncode == 0, done.stderr
    assert len((world / "requests").read_text().splitlines()) == 2


def test_an_unavailable_tpu_is_an_error(world, in_git):
    done = queued(world, ["WAITING_FOR_RESOURCES FAILED"])
    assert done.returncode == 1
    assert "error: v5litepod-4 is not available (state FAILED)." in done.stderr


def test_the_machine_runs_the_last_commit_by_job_sh(world, in_git):
    queued(world, ["ACTIVE ENDS0"], *COMMAND, "--dataset", "a b")
    script = (world / "startup.sh").read_text()
    assert "exec tpu/job.sh experiments.x --output gs://name/run" in script
    assert "--dataset a\\ b" in script
    assert '-e ".[jax-tpu]"' in script
    assert "[[ $worker == 0 ]] || exit 0" in script
    checked = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
    assert checked.returncode == 0
    archive = world / "buckets" / "name" / "run.source.tar.gz"
    listed = subprocess.run(["tar", "tzf", archive], capture_output=True, text=True)
    assert "setup.cfg" in listed.stdout.splitlines()


def test_on_several_hosts_all_run_it_each_in_its_folder(world, in_git):
    environment = {"MULTI_HOST": "1", "TYPE": "v5litepod-16"}
    done = queued(world, ["ACTIVE ENDS0"], **environment)
    assert done.returncode == 0, done.stderr
    script = (world / "startup.sh").read_text()
    assert "STRATEGY=multi_worker PYTHON=" in script
    assert "exit 0" not in script
    # The last --output counts.
    assert script.rstrip().endswith("--output gs://name/run/worker-$worker")
    checked = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
    assert checked.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (("my-run",), {}, "usage: "),
        (COMMAND, {"ZONE": ""}, "ZONE"),
        (("r", "experiments.x", "--output", "runs/x"), {}, "must be a bucket"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_asked_for(
    world, arguments, environment, message
):
    done = queued(world, ["ACTIVE"], *arguments, **environment)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert not (world / "gcloud").exists()


# ------------------------------------------------------------------ single functions


def settings_of(world, **changes) -> job_module.Settings:
    return dataclasses.replace(job_module.Settings.read(), **changes)


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("a", None),
        ("a --output x", "x"),
        ("a --output=x", "x"),
        ("a --output x --output y", "y"),
        ("a --output=x --output y", "y"),
        ("a --output x --output=y", "y"),
    ],
)
def test_the_last_output_counts(words, output):
    assert job_module.output_of(words.split()) == output


def test_a_lock_is_of_the_whole_path_not_of_its_last_word(world, monkeypatch):
    monkeypatch.chdir(world)

    def name(output: str) -> str:
        words = ["experiments.a", "--output", output]
        return job_module.Job(words, settings_of(world)).lock_name

    assert name("a/run") != name("b/run")
    assert name("a/run") == name(f"{world}/a/run") == name("./a/../a/run")


def test_a_program_that_a_signal_ended_has_the_shells_status(world):
    python(world / "python", "kill -KILL $$\n")
    assert job("experiments.a").returncode == 128 + signal.SIGKILL


def test_a_signal_that_is_ignored_stays_ignored(world, monkeypatch):
    """As nohup has it: the job outlives its terminal."""
    taken = []

    def refused(*_):
        raise JobError("enough")

    monkeypatch.setattr(job_module.signal, "signal", lambda n, _: taken.append(n))
    monkeypatch.setattr(
        job_module.signal,
        "getsignal",
        lambda n: signal.SIG_IGN if n == signal.SIGHUP else signal.SIG_DFL,
    )
    monkeypatch.setattr(job_module.locks, "alone", refused)
    with pytest.raises(JobError, match="enough"):
        job_module.Job(["experiments.a"], settings_of(world)).carry_out()
    assert taken == [signal.SIGTERM, signal.SIGINT]


class Stopped:
    """An event that comes while it is waited for."""

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        return True


def test_asked_to_stop_in_the_pause_it_does_not_restart(world, monkeypatch):
    one = job_module.Job(["experiments.a"], settings_of(world))
    one._stop, done = Stopped(), []
    monkeypatch.setattr(one, "_once", lambda lock: done.append(lock) or 143)
    assert one._until_it_ends(None) == 143
    assert len(done) == 1


def test_asked_to_stop_while_the_program_starts_it_is_stopped(world, monkeypatch):
    one = job_module.Job(["experiments.a"], settings_of(world))
    monkeypatch.setattr(job_module.locks, "note", lambda *_: one._stop.set())
    with open(world / "lock", "w") as lock:
        assert one._once(lock) == 128 + signal.SIGTERM


def test_uploads_have_the_lock_too(world, monkeypatch):
    one = job_module.Job(["a", "--output", "gs://bucket/run"], settings_of(world))
    held = []

    def fetch():
        held.append(os.fstat(one.bucket.lock).st_ino)
        raise JobError("enough")

    monkeypatch.setattr(one.bucket, "fetch", fetch)
    monkeypatch.setattr(job_module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(tempfile, "tempdir", str(world))
    with pytest.raises(JobError, match="enough"):
        one.carry_out()
    assert held == [job_module.locks.lock_file("gs://bucket/run").stat().st_ino]


def test_the_end_waits_for_the_snapshot_under_way(world, monkeypatch):
    settings = dataclasses.replace(settings_of(world), sync=0.001)
    one = job_module.Job(["a", "--output", "gs://bucket/run"], settings)
    started, finish, saved = threading.Event(), threading.Event(), []

    def save():
        started.set()
        saved.append(finish.wait(20))

    monkeypatch.setattr(one.bucket, "save", save)
    with one._snapshots():
        assert started.wait(20)
        threading.Timer(0.1, finish.set).start()
    assert saved
    assert all(saved)


def test_a_program_whose_job_is_gone_does_not_start(tmp_path):
    """The job was killed before its child could ask to be told."""
    for parent, starts in ((os.getpid(), True), (1, False)):
        command = [sys.executable, "-c", job_module._CHILD, str(parent)]
        made = tmp_path / str(parent)
        subprocess.run([*command, "touch", str(made)], check=False, timeout=60)
        assert made.exists() == starts
