#!/usr/bin/env bash
# Runs an experiment on a Cloud TPU VM, and goes on after interruptions.
#
#   tpu/job.sh experiments.mnist_gan --output ~/runs/mnist --epochs 50
#   tpu/job.sh experiments.mnist_gan --output gs://BUCKET/runs/mnist --epochs 50
#
# A program that is asked to stop (SIGTERM) saves its step and ends with status 143; it
# is started again, and goes on from there. If this script itself is asked to stop, for
# the machine is going down, it hands that on, waits for the checkpoint and ends with
# 143, too: the same command on the next machine goes on. Any other status ends it. If
# it is killed, its program is asked to stop; the next start waits for that.
#
# With a bucket for --output the run lies in a folder of this machine, one of its own for
# each bucket and path. A snapshot of it is uploaded every few minutes and at the end,
# whole or not at all, to gs://BUCKET/runs/mnist.snapshots; gs://BUCKET/runs/mnist has
# the same files to look at. A new machine begins with the newest snapshot. The file
# "status" in the bucket says how the run ended.
#
# Environment: PYTHON (python3); STRATEGY (tpu); RESTARTS, the most of them (20); PAUSE,
# seconds before each (10); SYNC, seconds between two snapshots (300); RUNS, the folder
# in which the runs of buckets lie (~/runs); WAIT, the most seconds to wait for the
# program of a killed job.sh (600).
exec "${PYTHON:-python3}" -m tpu.job "$@"
