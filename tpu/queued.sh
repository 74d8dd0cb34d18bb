#!/usr/bin/env bash
# Runs an experiment on a queued resource of Cloud TPU, and requests a new one after
# each preemption, until the run has ended. The script runs on your machine and needs
# gcloud. It can be stopped and started again, because the run is in the bucket.
#
#   ZONE=us-west4-a TYPE=v5litepod-4 tpu/queued.sh my-run \
#       experiments.mnist_gan --output gs://BUCKET/runs/mnist --epochs 50
#
# The TPU runs the last commit of this repository with tpu/job.sh.
#
# Environment variables and their defaults: ZONE; TYPE, the accelerator type; VERSION,
# the runtime version (the plain one for the type); TIER (--spot; --guaranteed and
# --reserved are not preempted); POLL, seconds between status checks (60); ATTEMPTS,
# maximum number of requests (50).
#
# MULTI_HOST=1 is for slices of several machines, such as v5litepod-16: all of them run
# the program, as one training, and each has its own folder in that of --output:
# worker-0, worker-1, ...
set -euo pipefail
cd "$(dirname "$0")/.."

tier=${TIER---spot} poll=${POLL:-60} attempts=${ATTEMPTS:-50}

fail() {
    echo "error: $*" >&2
    exit 1
}

# Prints the value of --output.
output_of() {
    local option="" word
    for word in "$@"; do
        [[ $option == --output ]] && echo "$word"
        [[ $word == --output=* ]] && echo "${word#--output=}"
        option=$word
    done
}

runtime_of() {
    case $1 in
    v5litepod-*) echo v2-alpha-tpuv5-lite ;;
    v5p-*) echo v2-alpha-tpuv5 ;;
    v6e-*) echo v2-alpha-tpuv6e ;;
    *) echo tpu-ubuntu2204-base ;;
    esac
}

queued() {
    local verb=$1
    shift
    gcloud compute tpus queued-resources "$verb" "$name" --zone="$ZONE" "$@"
}

(($# >= 2)) || fail "usage: ZONE=... TYPE=... $0 NAME EXPERIMENT --output gs://..."
name=$1
shift
[[ -n ${ZONE:-} && -n ${TYPE:-} ]] ||
    fail "set ZONE (us-west4-a, ...) and TYPE (v5litepod-4, v2-8, ...)."
bucket=$(output_of "$@")
bucket=${bucket%/}
[[ $bucket == gs://* ]] ||
    fail "--output must be a bucket, gs://..., because the machines are temporary."
command -v gcloud >/dev/null || fail "gcloud, the Google Cloud CLI, is not installed."
version=${VERSION:-$(runtime_of "$TYPE")}
status_file=$bucket${MULTI_HOST:+/worker-0}/status

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The startup script, which runs as root on every machine of a slice.
{
    cat <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
attributes=http://metadata.google.internal/computeMetadata/v1/instance/attributes
worker=$(curl -sf -H "Metadata-Flavor: Google" $attributes/agent-worker-number || echo 0)
SCRIPT
    [[ -n ${MULTI_HOST:-} ]] || echo '[[ $worker == 0 ]] || exit 0'
    cat <<'SCRIPT'
export HOME=/root
mkdir -p /root/ganzoo && cd /root/ganzoo
SCRIPT
    echo "gcloud storage cat $(printf %q "$bucket.source.tar.gz") | tar xz"
    cat <<'SCRIPT'
python3 -m pip install --quiet uv # the image's own Python is older than 3.11
python3 -m uv venv --quiet --clear --python 3.11 .venv
python3 -m uv pip install --quiet --python .venv/bin/python -e ".[jax-tpu]"
SCRIPT
    command="PYTHON=.venv/bin/python exec tpu/job.sh$(printf ' %q' "$@")"
    [[ -z ${MULTI_HOST:-} ]] ||
        command="STRATEGY=multi_worker $command --output $(printf %q "$bucket")/worker-\$worker"
    echo "$command"
} >"$scratch/startup.sh"

git archive --format=tar.gz --output="$scratch/source.tar.gz" HEAD
gcloud storage cp "$scratch/source.tar.gz" "$bucket.source.tar.gz" ||
    fail "cannot write to $bucket."
gcloud storage rm "$status_file" 2>/dev/null || true # from an earlier run

for ((attempt = 1; attempt <= attempts; attempt++)); do
    echo "Request $attempt for $TYPE in $ZONE ..."
    queued create --node-id="$name" --accelerator-type="$TYPE" \
        --runtime-version="$version" ${tier:+"$tier"} \
        --metadata-from-file=startup-script="$scratch/startup.sh" ||
        fail "the request was refused; see the message of gcloud above."
    was_active=""
    while :; do
        sleep "$poll"
        state=$(queued describe --format="value(state.state)") || state=GONE
        status=$(gcloud storage cat "$status_file" 2>/dev/null) || status=""
        [[ -n $status && $status != 143 ]] && break
        case $state in
        ACTIVE) was_active=1 ;;
        SUSPENDING | SUSPENDED | FAILED | GONE) break ;;
        esac
    done
    queued delete --force --quiet || true
    if [[ -n $status && $status != 143 ]]; then
        echo "The run ended with status $status; it is in $bucket."
        exit "$status"
    fi
    [[ -n $was_active ]] || fail "$TYPE is not available (state $state)."
    echo "Preempted."
done
fail "preempted $attempts times; run the same command to continue."
