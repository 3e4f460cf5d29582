"""`python -m tests.ci`: play docs/ci/github.yml and action.yml in every scenario and say what came of it."""

import sys
import tempfile
import time
from pathlib import Path

from tests.ci.scenarios import SCENARIOS
from tests.ci.world import build


def main() -> int:
    """0 when every scenario came out as it must."""
    _say("Played on this machine, not on a hosted runner: steps in bash, actions of GitHub and `gh` as stand-ins.")
    _say("pip only takes notes; the evalkit that runs is that of this environment.")
    failed, began = 0, time.monotonic()
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                said = scenario(build(Path(folder)))
            except AssertionError as error:
                failed += 1
                said = f"FAILED: {error}"
        _say(f"{scenario.__name__.replace('_', ' '):>16}: {said}")
    _say(f"{len(SCENARIOS) - failed} of {len(SCENARIOS)} scenarios, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
