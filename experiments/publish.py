"""`python -m experiments.publish`; see `experiments.harness.publish`."""

from experiments.harness import publish

if __name__ == "__main__":
    publish.main()
