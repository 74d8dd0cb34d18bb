"""What becomes of a run that is killed, damaged, or runs out of room.

    python -m tests.reliability

carries out all campaigns on a small experiment and writes docs/reliability.md;
`python -m tests.reliability kills --count 5` one of them, and shows it.
"""
