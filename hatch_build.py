"""Build hook of the wheel: records the commit it is built from, so that an installed evalkit can say it."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RecordCommit(BuildHookInterface[Any]):
    """Adds `evalkit/_resources/build.json` to wheels built in a git checkout; other builds go without."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is written; an editable install asks its checkout instead."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from evalkit.records.provenance import BUILD_RECORD, code_state

        commit, edited = code_state(Path(self.root))
        if commit is None:
            return
        self._folder = tempfile.TemporaryDirectory()
        record = Path(self._folder.name) / "build.json"
        record.write_text(json.dumps({"commit": commit, "edited": edited}), encoding="utf-8")
        build_data["force_include"][str(record)] = BUILD_RECORD.as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called when the wheel is written."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()
