"""A small data root, methods that misbehave, and the command line as a user calls it."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from evalkit.cli import main
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip

FRAMES = 5


@pytest.fixture(scope="session")
def small_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three identities with one clip each, five frames of 128x128."""
    root = tmp_path_factory.mktemp("small")
    for identity in range(3):
        frames = render_clip(identity, 0, frames=FRAMES, size=128).frames
        video.write_video(root / f"person{identity}" / "take.mkv", [frames], 25)
    return root


@pytest.fixture(scope="session")
def protocols(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`small_self.yaml` and `small_cross.yaml` at 128 pixels."""
    folder = tmp_path_factory.mktemp("protocols")
    (folder / "small_self.yaml").write_text(
        "id: small_self\ntitle: Small\ntask: self_reenactment\ndataset: folder\npairs: {rule: first_frame_self}\n"
        "driving: {start: 1}\nresolution: 128\nmetrics: [l1, ssim, 'csim[dlib]', 'akd[dlib68]']\n"
    )
    (folder / "small_cross.yaml").write_text(
        "id: small_cross\ntitle: Small\ntask: cross_reenactment\ndataset: folder\n"
        "pairs: {rule: random_cross, count: 3}\nresolution: 128\nmetrics: ['csim[dlib]', 'apd[landmark]']\n"
    )
    return folder


@pytest.fixture(scope="session")
def make_method(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], str]:
    """Write a method whose `animate` has the given body (it sees sources, driving, motion) and return its folder."""

    def make(name: str, body: str) -> str:
        folder = tmp_path_factory.mktemp("methods") / name
        folder.mkdir()
        (folder / "method.yaml").write_text(f"id: {name}\ntitle: {name}\nkind: baseline\n")
        lines = "\n".join(f"        {line}" for line in body.strip().splitlines())
        (folder / "adapter.py").write_text(
            "import numpy as np\n\n\nclass Method:\n    def animate(self, sources, driving, motion):\n"
            f"{lines}\n\n\ndef build(config):\n    return Method()\n"
        )
        return str(folder)

    return make


@dataclass(frozen=True)
class Result:
    """What a command printed and how it ended, as from a process of its own."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def evalkit(private_cache: Path) -> Callable[..., Result]:
    """Call the command line in this process, where networks stay loaded."""

    def call(*arguments: object) -> Result:
        out, err, code = io.StringIO(), io.StringIO(), 0
        handler = signal.getsignal(signal.SIGINT)
        try:
            with (
                pytest.MonkeyPatch.context() as patch,
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                patch.setattr(sys, "argv", ["evalkit", *(str(argument) for argument in arguments)])
                main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            signal.signal(signal.SIGINT, handler)
        return Result(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def evalkit_process(private_cache: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the command line in a process of its own."""

    def call(*arguments: object, **extra: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "evalkit", *(str(argument) for argument in arguments)]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **extra}, timeout=300)

    return call


def assert_explained(result: "Result | subprocess.CompletedProcess[str]", *phrases: str, code: int = 2) -> None:
    """The command ended with `code` and one paragraph that holds every phrase, and not because of a bug."""
    assert "Traceback" not in result.stderr and "this is a bug" not in result.stderr, result.stderr
    assert result.returncode == code, (result.returncode, result.stderr)
    for phrase in phrases:
        assert phrase in result.stderr, (phrase, result.stderr)


def write_clip(path: Path, frames: Sequence[np.ndarray] | np.ndarray) -> None:
    """Write a lossless clip."""
    video.write_video(path, [np.asarray(frames)], 25)
