#!/usr/bin/env bash
# Runs an experiment on a Cloud TPU VM, and goes on after interruptions.
#
#   tpu/job.sh experiments.mnist_gan --output ~/runs/mnist --epochs 50
#   tpu/job.sh experiments.mnist_gan --output gs://BUCKET/runs/mnist --epochs 50
#
# A program that is asked to stop (SIGTERM) saves its step and ends with status 143; it
# is started again, and goes on from there. If this script itself is asked to stop, for
# the machine is going down, it hands that on, waits for the checkpoint and ends with
# 143, too: the same command on the next machine goes on. Any other status ends it.
#
# With a bucket for --output the run lies in a folder of this machine. It is filled from
# the bucket first, copied there every few minutes, and once more at the end; the file
# "status" in the bucket then says how the run ended.
#
# Environment: PYTHON (python3); STRATEGY (tpu); RESTARTS, the most of them (20); PAUSE,
# seconds before each (10); SYNC, seconds between two copies to the bucket (300); RUNS,
# the folder in which the runs of buckets lie (~/runs).
set -uo pipefail

python=${PYTHON:-python3} restarts=${RESTARTS:-20} pause=${PAUSE:-10} every=${SYNC:-300}
bucket="" folder="" child="" copier="" stopping=0 interrupted=0 arguments=()

fail() {
    echo "error: $*" >&2
    exit 1
}

# Takes over the arguments, with a local folder in place of a bucket.
read_arguments() {
    local option="" word value
    for word in "$@"; do
        value=""
        [[ $option == --output ]] && value=$word
        [[ $word == --output=* ]] && value=${word#--output=}
        if [[ $value == gs://* ]]; then
            bucket=${value%/}
            folder=${RUNS:-$HOME/runs}/${bucket##*/}
            word=${word%"$value"}$folder
        fi
        option=$word
        arguments+=("$word")
    done
    [[ " $* " == *" --strategy"* ]] || arguments+=(--strategy "${STRATEGY:-tpu}")
}

fetch() {
    command -v gcloud >/dev/null ||
        fail "$bucket needs gcloud, the Google Cloud CLI, which is not here."
    echo "Written by tpu/job.sh." | gcloud storage cp - "$bucket/.writable" ||
        fail "cannot write to $bucket: see that the bucket is there, and that this" \
            "machine's service account has the role storage.objectAdmin."
    mkdir -p "$folder" || fail "cannot make $folder; name another folder with RUNS."
    gcloud storage rsync --recursive --exclude='(^|/)(\.writable|status)$' \
        "$bucket" "$folder" || fail "cannot read $bucket."
}

# Copies the run to the bucket. What is copied are hard links, made at one moment: a
# checkpoint that comes meanwhile waits for the next copy, so that the logs in the bucket
# never lack steps that a checkpoint there knows of. What is gone here is deleted there
# only when all that is here has arrived.
save() {
    local links="$folder.links" status=0
    rm -rf "$links"
    cp -al "$folder" "$links" || return
    find "$links" -name '.writing-*' -delete
    gcloud storage rsync --recursive "$links" "$bucket" &&
        gcloud storage rsync --recursive --delete-unmatched-destination-objects \
            "$links" "$bucket" || status=$?
    rm -rf "$links"
    ((status == 0)) || echo "warning: the run could not be copied to $bucket." >&2
    return "$status"
}

start_saving() {
    (
        trap 'kill "$sleeper"; exit' TERM
        while :; do
            sleep "$every" &
            sleeper=$!
            wait "$sleeper"
            save
        done
    ) &
    copier=$!
}

# A copy that is under way is finished first.
stop_saving() {
    kill "$copier"
    wait "$copier"
} 2>/dev/null

stop() {
    stopping=1 interrupted=1
    [[ -z $child ]] || kill -TERM "$child" 2>/dev/null
}

# Runs the program to its end, whatever signal comes meanwhile; returns its status.
run() {
    local status=127 ended
    "$python" -m "${arguments[@]}" &
    child=$!
    ((stopping)) && kill -TERM "$child" # it came before there was a child
    while :; do
        interrupted=0
        wait "$child"
        ended=$?
        ((ended == 127)) && break # it was waited for before
        status=$ended
        ((interrupted)) || break
    done
    child=""
    return "$status"
}

(($#)) || fail "name an experiment, such as: $0 experiments.mnist_gan --epochs 50"
read_arguments "$@"
trap stop TERM INT
[[ -z $bucket ]] || { fetch && start_saving; }

count=0
while :; do
    run
    status=$?
    ((status == 143 && !stopping && count < restarts)) || break
    ((count += 1))
    echo "Interrupted; start $((count + 1)) in $pause seconds." >&2
    sleep "$pause"
    ((stopping)) && break
done

if [[ -n $bucket ]]; then
    stop_saving
    save && echo "$status" | gcloud storage cp - "$bucket/status" ||
        { ((status)) || status=1; }
fi
exit "$status"
