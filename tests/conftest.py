"""What all tests share: a private cache, and the team's shared test data where it is present."""

import fcntl
import hashlib
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: the tests run in one process per core
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every process that a test starts compiles PyTorch anew

import av
import numpy
import pytest
from hypothesis import settings

from evalkit.datasets.demo import corpus_root
from tests.cpu_times import CpuTimes

ROOT = Path(__file__).resolve().parents[1] / "evalkit"
sys.dont_write_bytecode = False  # the same for this process

# A busy machine is not a failing test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu", action="store_true", help="print where the processor time of the tests goes")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--cpu"):
        config.pluginmanager.register(CpuTimes())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first in the share of every process, so that none of them is the last to run.

    xdist's worksteal gives each process a run of neighbours, and whoever is done takes from the end of another's.
    """
    shares = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow: dict[Path, list[pytest.Item]] = {item.path: [] for item in items if item.get_closest_marker("slow")}
    quick: list[pytest.Item] = []
    for item in items:
        slow.get(item.path, quick).append(item)
    ordered: list[pytest.Item] = []
    for share in range(shares):
        first = [item for own in list(slow.values())[share::shares] for item in own]
        end = len(items) * (share + 1) // shares
        more = len(quick) if share == shares - 1 else max(0, end - len(ordered) - len(first))
        ordered += first + quick[:more]
        del quick[:more]
    items[:] = ordered


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
def demo_corpus(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The corpus of the demo protocols, which takes 40 seconds: rendered once for all processes of the tests.

    `.ci/run` has it already; otherwise it is kept in pytest's cache for as long as the code that draws it is the same.
    A test reads it; to give it to a command, see `demo_cache`.
    """
    ready = os.environ.get("EVALKIT_SMOKE_CORPUS")
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    with (common / "demo.lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        patch.setenv("EVALKIT_CACHE", ready or str(_kept(getattr(request.config, "cache", None), common / "demo")))
        return corpus_root()


def _kept(cache: pytest.Cache | None, otherwise: Path) -> Path:
    """A folder that stays between runs, and is another one when the code of drawing or of writing clips changes."""
    if cache is None:
        return otherwise
    code = [path.read_bytes() for room in ("datasets", "clips") for path in sorted((ROOT / room).rglob("*.py"))]
    digest = hashlib.sha256(b"".join([av.__version__.encode(), numpy.__version__.encode(), *code])).hexdigest()[:16]
    folder = cache.mkdir("evalkit-demo")
    for other in folder.iterdir():
        if other.name != digest:
            shutil.rmtree(other, ignore_errors=True)
    return folder / digest


@pytest.fixture
def demo_cache(demo_corpus: Path, tmp_path: Path) -> Path:
    """A cache of this test's own that holds nothing but the corpus."""
    return copy_corpus(demo_corpus, tmp_path / "cache")


def copy_corpus(corpus: Path, cache: Path) -> Path:
    """Put the corpus into a cache that has none; returns the cache."""
    shutil.copytree(corpus, cache / corpus.name)
    return cache
