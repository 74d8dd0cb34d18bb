#!/usr/bin/env bash
# Runs an experiment on a Cloud TPU VM, and restarts it after interruptions.
#
#   tpu/job.sh experiments.mnist_gan --output ~/runs/mnist --epochs 50
#   tpu/job.sh experiments.mnist_gan --output gs://BUCKET/runs/mnist --epochs 50
#
# On SIGTERM, an experiment saves a checkpoint and exits with status 143. This script
# then restarts it, and it resumes from the checkpoint. If the script itself gets
# SIGTERM, because the machine is going down, it passes the signal on, waits for the
# checkpoint and exits with 143, too; the same command resumes on the next machine. Any
# other status ends the script. If the script is killed, its program is asked to stop,
# and the next start waits for it.
#
# With a bucket for --output, the run is stored in a local folder for that bucket and
# path. Every few minutes and at the end, a snapshot is uploaded, whole or not at all,
# to gs://BUCKET/runs/mnist.snapshots; gs://BUCKET/runs/mnist has the same files for
# browsing. A new machine starts from the newest snapshot. The file "status" in the
# bucket has the exit status of the run.
#
# Environment variables and their defaults: PYTHON (python3); KERAS_BACKEND (jax);
# STRATEGY (tpu); RESTARTS,
# maximum number of restarts (20); PAUSE, seconds before a restart (10); SYNC, seconds
# between snapshots (300); RUNS, local folder for runs in buckets (~/runs); WAIT,
# maximum seconds to wait for the program of a killed job.sh (600).
export KERAS_BACKEND="${KERAS_BACKEND:-jax}"
exec "${PYTHON:-python3}" -m tpu.job "$@"
