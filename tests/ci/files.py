"""Files between a runner and its steps, and digests of the workspace."""

import hashlib
import re
from pathlib import Path

from tests.ci.standins import NotPlayed


def assignments(file: Path) -> dict[str, str]:
    """`name=value` and `name<<END` with lines up to END."""
    found, lines = {}, iter(file.read_text(encoding="utf-8").splitlines())
    for line in lines:
        assignment = re.fullmatch(r"([A-Za-z_][\w-]*)(=|<<)(.*)", line)
        if not assignment:
            raise NotPlayed(f"not an assignment: {line!r}")
        name, sign, value = assignment.groups()
        if sign == "<<":
            value = "\n".join(iter(lines.__next__, value))
        found[name] = value
    return found


def hash_files(workspace: Path, patterns: tuple[str, ...]) -> str:
    """`hashFiles`: one digest over all matching files, "" where there are none."""
    files = sorted({path for pattern in patterns for path in workspace.glob(pattern.replace("/**", "/**/*"))})
    contents = [path.read_bytes() for path in files if path.is_file()]
    if not contents:
        return ""
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in contents)).hexdigest()
