"""axe-core, the checker of accessible pages, as npm ships it: packed into the cache once, never in the repository."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from evalkit.base.places import cache_dir

PACKAGE = "axe-core@4.10.3"
SERIOUS = ("serious", "critical")
_PATIENCE_S = 120


def axe_source() -> str:
    """The script. The test that asks is skipped where npm or a registry cannot be reached."""
    folder = cache_dir() / "test-resources" / PACKAGE.replace("@", "-")
    script = folder / "axe.min.js"
    if not script.is_file():
        _pack(folder, script)
    return script.read_text(encoding="utf-8")


def problems(page: Any, source: str) -> list[str]:
    """What is seriously wrong with an open page, a line per element: rule, what it asks for, and where."""
    page.evaluate(source)
    found = page.evaluate("axe.run(document, { preload: false, resultTypes: ['violations'] })")
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {json.dumps(node['target'])}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


def _pack(folder: Path, script: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which fetches axe-core, is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", PACKAGE, "--silent", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm pack {PACKAGE} did not end within {_PATIENCE_S} s")
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode or not archives:
        pytest.skip(f"npm pack {PACKAGE} failed: {done.stderr.strip().splitlines()[-1:] or 'no archive'}")
    with tarfile.open(archives[-1]) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        temporary = script.with_suffix(".part")
        temporary.write_bytes(member.read())
    temporary.replace(script)
    archives[-1].unlink()
