"""Questions to git about a folder, if git is installed and the folder is in a checkout."""

import subprocess
from pathlib import Path


def git_output(folder: Path, *arguments: str) -> str | None:
    """Output of a git command run in `folder`, without the last line feed; None when git is missing or fails."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
