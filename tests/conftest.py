"""What all tests share: a private cache, and the team's shared test data where it is present."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: the tests run in one process per core
# Without bytecode every process that a test starts would compile PyTorch and SciPy anew: five seconds of a core.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

import pytest
from hypothesis import settings

# A busy machine is not a failing test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared test data, from $EVALKIT_SHARED or beside the checkout; tests that need it skip without it."""
    folder = Path(os.environ.get("EVALKIT_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not (folder / "README.md").is_file():
        pytest.skip(f"no shared test data at {folder}; set EVALKIT_SHARED to run this test")
    return folder


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing a test computes reaches the user's cache, and nothing in it reaches a test."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["EVALKIT_CACHE"] = str(folder)
    return folder
