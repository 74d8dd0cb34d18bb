"""tpu/job.sh and tpu/queued.sh, with stand-ins for Python, gcloud and the network."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash"
)

# A program that notes each start, and ends with the next status of a list.
PROGRAM = """\
#!/usr/bin/env bash
echo "$@" >>"$NOTES/starts"
number=$(wc -l <"$NOTES/starts")
set -- $STATUSES
exit "${!number}"
"""

# A program that runs until it is asked to stop, then saves a checkpoint.
PATIENT = """\
#!/usr/bin/env bash
while (($#)) && [[ $1 != --output ]]; do shift; done
output=$2
save() {
    mkdir -p "$output" && echo "step 12" >"$output/checkpoint"
    exit 143
}
trap save TERM
touch "$NOTES/started"
for _ in {1..600}; do sleep 0.1; done
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
    mkdir -p "$(dirname "${paths[1]}")"
    if [[ ${paths[0]} == - ]]; then cat >"${paths[1]}"; else cp "${paths[@]}"; fi ;;
"storage cat") cat "${paths[0]}" ;;
"storage rm") rm "${paths[0]}" ;;
"storage rsync")
    [[ -d ${paths[0]} ]] || exit 1
    mkdir -p "${paths[1]}"
    [[ -z $remove ]] || find "${paths[1]}" -mindepth 1 -delete
    cp -r "${paths[0]}/." "${paths[1]}" ;;
esac
"""


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
    monkeypatch.setenv("PYTHON", str(program(tmp_path / "python", PROGRAM)))
    program(tmp_path / "bin" / "gcloud", GCLOUD)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name in ("STRATEGY", "RESTARTS", "SYNC", "TIER", "VERSION", "MULTI_HOST"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def job(*arguments: str, script: str = "job.sh", **environment: str):
    """Runs a script to its end."""
    return subprocess.run(
        ["bash", str(ROOT / "tpu" / script), *arguments],
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


def test_without_an_experiment_it_says_what_is_missing(world):
    done = job()
    assert done.returncode == 1
    assert done.stderr.startswith("error: name an experiment")


def stopped(world, *arguments: str, script_only: bool = True) -> int:
    """Starts a job, asks it to stop once its program runs; returns its status."""
    running = subprocess.Popen(
        ["bash", str(ROOT / "tpu" / "job.sh"), *arguments],
        env=os.environ | {"PYTHON": str(program(world / "patient", PATIENT))},
        stderr=open(world / "said", "w"),  # noqa: SIM115
        start_new_session=True,
    )
    try:
        wait_for(world / "started")
        if script_only:
            running.send_signal(signal.SIGTERM)
        else:  # as systemd does it, to the script and the program
            os.killpg(running.pid, signal.SIGTERM)
        return running.wait(timeout=30)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)


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


def test_a_run_in_a_bucket_goes_on_on_the_next_machine(world):
    bucket = world / "buckets" / "name" / "mnist"
    command = ("experiments.x", "--output", "gs://name/mnist")
    assert stopped(world, *command) == 143
    assert (bucket / "checkpoint").read_text() == "step 12\n"
    assert (bucket / "status").read_text() == "143\n"

    shutil.rmtree(world / "runs")  # another machine
    done = job(*command, STATUSES="0")
    assert done.returncode == 0, done.stderr
    local = world / "runs" / "mnist"
    assert starts(world) == [f"-m experiments.x --output {local} --strategy tpu"]
    assert (local / "checkpoint").read_text() == "step 12\n"
    assert (bucket / "status").read_text() == "0\n"


def test_the_bucket_may_be_one_word_with_its_option(world):
    done = job("experiments.x", "--output=gs://name/mnist/", STATUSES="0")
    assert done.returncode == 0, done.stderr
    assert f"--output={world / 'runs' / 'mnist'} " in starts(world)[0]


def test_what_is_gone_here_is_deleted_there_and_half_written_files_stay_here(world):
    local, bucket = world / "runs" / "mnist", world / "buckets" / "name" / "mnist"
    program(bucket / "checkpoints" / "step_1", "old")
    writing = """\
#!/usr/bin/env bash
cd "$RUNS/mnist/checkpoints" && rm step_1 && echo new >step_2 && echo x >.writing-1
"""
    program(world / "python", writing)
    done = job("experiments.x", "--output", "gs://name/mnist")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (bucket / "checkpoints").iterdir()) == ["step_2"]
    assert (local / "checkpoints" / ".writing-1").exists()
    assert not (world / "runs" / "mnist.links").exists()


def test_while_it_runs_the_run_is_copied_to_the_bucket(world):
    slow = """\
#!/usr/bin/env bash
echo 1 >"$RUNS/mnist/steps.csv"
for _ in {1..400}; do
    [[ -e $BUCKETS/name/mnist/steps.csv ]] && exit 0
    sleep 0.05
done
exit 7
"""
    program(world / "python", slow)
    done = job("experiments.x", "--output", "gs://name/mnist", SYNC="0.1")
    assert done.returncode == 0, done.stderr


def test_a_bucket_that_cannot_be_written_is_one_clear_error(world):
    done = job("experiments.x", "--output", "gs://name/x", STATUSES="0", DENIED="1")
    assert done.returncode == 1
    assert "error: cannot write to gs://name/x: see that the bucket is there" in (
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
        mkdir -p "$BUCKETS/name/run"
        echo "${!looks#ENDS}" >"$BUCKETS/name/run/status"
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
    assert "Preempted." in done.stdout and "status 0" in done.stdout
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


def test_what_is_not_to_be_had_is_told(world, in_git):
    done = queued(world, ["WAITING_FOR_RESOURCES FAILED"])
    assert done.returncode == 1
    assert "error: v5litepod-4 was not to be had (state FAILED)." in done.stderr


def test_the_machine_runs_the_last_commit_by_job_sh(world, in_git):
    queued(world, ["ACTIVE ENDS0"], *COMMAND, "--dataset", "a b")
    script = (world / "startup.sh").read_text()
    assert "exec tpu/job.sh experiments.x --output gs://name/run" in script
    assert "--dataset a\\ b" in script
    assert "TPU_NAME" not in script
    checked = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
    assert checked.returncode == 0
    archive = world / "buckets" / "name" / "run.source.tar.gz"
    listed = subprocess.run(["tar", "tzf", archive], capture_output=True, text=True)
    assert "setup.cfg" in listed.stdout.splitlines()


def test_on_several_hosts_the_first_one_leads(world, in_git):
    environment = {"MULTI_HOST": "1", "TYPE": "v3-32"}
    done = queued(world, ["ACTIVE ENDS0"], **environment)
    assert done.returncode == 1
    assert "error: MULTI_HOST needs VERSION=tpu-vm-tf-" in done.stderr
    version = "tpu-vm-tf-2.19.0-pod-pjrt"
    done = queued(world, ["ACTIVE ENDS0"], VERSION=version, **environment)
    assert done.returncode == 0, done.stderr
    script = (world / "startup.sh").read_text()
    assert "export TPU_NAME=my-run TPU_LOAD_LIBRARY=0" in script
    assert f"--runtime-version={version}" in (world / "requests").read_text()


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
    assert done.stderr.startswith("error: ") and message in done.stderr
    assert not (world / "gcloud").exists()
