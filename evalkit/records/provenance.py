"""Where a run came from: versions, commit, machine."""

import functools
import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

from evalkit import __version__
from evalkit.base.extras import DISTRIBUTION
from evalkit.base.git import git_output

_LIBRARIES = (
    "numpy",
    "scipy",
    "torch",
    "av",
    "pillow",
    "dlib-bin",
    "pyarrow",
    "scikit-image",
    "onnxruntime",
    "mediapipe",
    "opencv-python",
)


_CODE = ("evalkit", "baselines", "protocols", "pyproject.toml")
"""What a score can depend on. Results and notes elsewhere in a checkout do not count."""
_ROOT = Path(__file__).resolve().parents[2]
BUILD_RECORD = Path("evalkit", "_resources", "build.json")
"""Where a wheel says which commit it was built from (`hatch_build.py`), relative to the parent folder of evalkit."""


def provenance() -> dict[str, Any]:
    """evalkit's version, commit and whether its code was edited (None where unknown), libraries, machine."""
    commit, edited = installed_state()
    return {
        "evalkit": __version__,
        "commit": commit,
        "dirty": edited,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "platform": platform.platform(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
    }


def device_name(device: str) -> str:
    """The name of the accelerator behind a torch device string, or of the processor for "cpu"."""
    torch = sys.modules.get("torch")
    if torch is not None and device.startswith("cuda") and torch.cuda.is_available():
        return str(torch.cuda.get_device_name(device))
    return _processor()


def cpu_threads() -> int | None:
    """How many threads PyTorch computes with on this processor; None where nothing has loaded it."""
    torch = sys.modules.get("torch")
    return int(torch.get_num_threads()) if torch is not None else None


def code_state(folder: Path) -> tuple[str | None, bool | None]:
    """The commit of the checkout in `folder` and whether its code differs from it; None and None without a checkout."""
    commit = _git(folder, "rev-parse", "HEAD")
    return commit, bool(_git(folder, "status", "--porcelain", "--", *_CODE)) if commit else None


def installed_state() -> tuple[str | None, bool | None]:
    """The commit of this evalkit and whether the code was edited when it was run (checkout) or packed (wheel).

    None and None where neither the checkout nor the wheel says it.
    """
    if (_ROOT / ".git").exists():
        return code_state(_ROOT)
    return _recorded(_ROOT / BUILD_RECORD) or _requested() or (None, None)


def version_line() -> str:
    """What `evalkit --version` prints: "evalkit 0.2.0 (commit 1a2b3c4, edited)", without the parts that are unknown."""
    commit, edited = installed_state()
    state = f" (commit {commit[:7]}{', edited' if edited else ''})" if commit else ""
    return f"evalkit {__version__}{state}"


def _recorded(path: Path) -> tuple[str, bool] | None:
    """What the wheel recorded when it was built."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return str(content["commit"]), bool(content["edited"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _requested() -> tuple[str, bool] | None:
    """The commit that pip was asked to install from a repository (`direct_url.json`)."""
    try:
        content = json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "{}")
        return str(content["vcs_info"]["commit_id"]), False
    except (PackageNotFoundError, OSError, ValueError, KeyError, TypeError):
        return None


def _git(folder: Path, *arguments: str) -> str | None:
    """Output of a git command about the checkout in `folder`; None if it fails."""
    return git_output(folder, *arguments) if (folder / ".git").exists() else None


@functools.cache
def _version(name: str) -> str | None:
    # Parsing a distribution's whole description takes milliseconds, and a run writes its header twice.
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
