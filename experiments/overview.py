"""`python -m experiments.overview`; see `experiments.harness.readme_table`."""

from experiments.harness import readme_table

if __name__ == "__main__":
    readme_table.main()
