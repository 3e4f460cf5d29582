"""What all tests share: a private cache, and the team's shared test data where it is present."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: the tests run in one process per core
os.environ.setdefault("EVALKIT_WORKERS", "1")  # or most commands would start processes, which import PyTorch anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every process that a test starts compiles PyTorch anew

import pytest
from hypothesis import settings

from evalkit.datasets.demo import corpus_root
from tests.cpu_times import CpuTimes

sys.dont_write_bytecode = False  # the same for this process

# A busy machine is not a failing test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu", action="store_true", help="print where the processor time of the tests goes")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--cpu"):
        config.pluginmanager.register(CpuTimes())


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


@pytest.fixture(scope="session")
def demo_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of the demo protocols, which takes 40 seconds: rendered once for all processes of the tests.

    A test reads it; to give it to a command, see `demo_cache`.
    """
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    with (common / "demo.lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        patch.setenv("EVALKIT_CACHE", str(common / "demo"))
        return corpus_root()


@pytest.fixture
def demo_cache(demo_corpus: Path, tmp_path: Path) -> Path:
    """A cache of this test's own that holds nothing but the corpus."""
    return copy_corpus(demo_corpus, tmp_path / "cache")


def copy_corpus(corpus: Path, cache: Path) -> Path:
    """Put the corpus into a cache that has none; returns the cache."""
    shutil.copytree(corpus, cache / corpus.name)
    return cache
