"""Tests of runs that are killed, damaged, or out of disk space.

    python -m tests.reliability

runs all campaigns on a small experiment and writes docs/reliability.md. To run only
one of them, name it, as in `python -m tests.reliability kills --count 5`.
"""
