#!/usr/bin/env bash
# Runs an experiment on a queued resource of Cloud TPU, and asks for another one when it
# is preempted, until the run has ended. It stays on your machine, needs gcloud, and can
# be stopped and given again: the run is in the bucket.
#
#   ZONE=us-west4-a TYPE=v5litepod-4 tpu/queued.sh my-run \
#       experiments.mnist_gan --output gs://BUCKET/runs/mnist --epochs 50
#
# What runs there is the last commit of this repository, by tpu/job.sh.
#
# Environment: ZONE and TYPE, the accelerator type; VERSION, the runtime version, by
# default the plain one of the type; TIER (--spot; --guaranteed or --reserved are not
# preempted); POLL, seconds between two looks (60); ATTEMPTS, the most requests (50).
#
# MULTI_HOST=1 is for slices of several machines, such as v3-32: the first one runs the
# program, and the others serve it their cores. They do so by a TensorFlow of their own,
# so VERSION has to name a runtime "tpu-vm-tf-...-pod-pjrt" of the version in setup.cfg.
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
    fail "say where and what: ZONE (us-west4-a) and TYPE (v5litepod-4, v2-8, ...)."
bucket=$(output_of "$@")
bucket=${bucket%/}
[[ $bucket == gs://* ]] ||
    fail "--output must be a bucket, gs://...: the machines do not last."
if [[ -n ${MULTI_HOST:-} && ${VERSION:-} != *-pod-* ]]; then
    fail "MULTI_HOST needs VERSION=tpu-vm-tf-x.y.z-pod-pjrt; see tpu/README.md."
fi
command -v gcloud >/dev/null || fail "gcloud, the Google Cloud CLI, is not here."
version=${VERSION:-$(runtime_of "$TYPE")}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What every machine does when it starts: as root, on every machine of a slice.
{
    cat <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
attributes=http://metadata.google.internal/computeMetadata/v1/instance/attributes
worker=$(curl -sf -H "Metadata-Flavor: Google" $attributes/agent-worker-number || echo 0)
[[ $worker == 0 ]] || exit 0
export HOME=/root
mkdir -p /root/ganzoo && cd /root/ganzoo
SCRIPT
    echo "gcloud storage cat $(printf %q "$bucket.source.tar.gz") | tar xz"
    cat <<'SCRIPT'
python3 -m pip install --quiet uv # the image's own Python is older than 3.11
python3 -m uv venv --quiet --clear --python 3.11 .venv
python3 -m uv pip install --quiet --python .venv/bin/python -e ".[tpu]"
SCRIPT
    [[ -z ${MULTI_HOST:-} ]] ||
        echo "export TPU_NAME=$(printf %q "$name") TPU_LOAD_LIBRARY=0"
    echo "PYTHON=.venv/bin/python exec tpu/job.sh$(printf ' %q' "$@")"
} >"$scratch/startup.sh"

git archive --format=tar.gz --output="$scratch/source.tar.gz" HEAD
gcloud storage cp "$scratch/source.tar.gz" "$bucket.source.tar.gz" ||
    fail "cannot write to $bucket."
gcloud storage rm "$bucket/status" 2>/dev/null || true # of an earlier run

for ((attempt = 1; attempt <= attempts; attempt++)); do
    echo "Request $attempt for $TYPE in $ZONE ..."
    queued create --node-id="$name" --accelerator-type="$TYPE" \
        --runtime-version="$version" ${tier:+"$tier"} \
        --metadata-from-file=startup-script="$scratch/startup.sh" ||
        fail "the request was refused; gcloud says why above."
    was_active=""
    while :; do
        sleep "$poll"
        state=$(queued describe --format="value(state.state)") || state=GONE
        status=$(gcloud storage cat "$bucket/status" 2>/dev/null) || status=""
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
    [[ -n $was_active ]] || fail "$TYPE was not to be had (state $state)."
    echo "Preempted."
done
fail "preempted $attempts times; the same command goes on."
