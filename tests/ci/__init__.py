"""A player of GitHub workflows on this machine, for action.yml and docs/ci/github.yml: `python -m tests.ci`."""
