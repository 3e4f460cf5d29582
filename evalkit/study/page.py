"""The page raters open: fixed files, and per rater a list of trials that names nothing but opaque media."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment

from evalkit.base.files import atomic_path
from evalkit.study.design import INTACT, RUINED, Trial
from evalkit.study.folder import Scene, Study

_SITE = Path(__file__).with_name("site")
_FIXED = ("study.js", "study.css")


def write_page(page: Path, study: Study, dealt: Sequence[Sequence[Trial]]) -> None:
    """Write `index.html`, its style and script, and `forms/<rater>.js`; the media are in `media/` already."""
    template = Environment(autoescape=True).from_string((_SITE / "index.html").read_text(encoding="utf-8"))
    _write(page / "index.html", template.render(question=study.question, study=study.id, raters=study.raters))
    for name in _FIXED:
        shutil.copy(_SITE / name, page / name)
    for rater, trials in enumerate(dealt, start=1):
        form = [_shown(trial, study.scenes[trial.unit.scene]) for trial in trials]
        _write(page / "forms" / f"{rater}.js", f"takeForm({json.dumps(form, indent=1)});\n")


def _shown(trial: Trial, scene: Scene) -> dict[str, str]:
    clips = _check_clips(scene) if trial.unit.check else scene.clips
    left, right = clips[trial.left], clips[trial.right]
    return {"id": trial.id, "source": scene.source, "driving": scene.driving, "left": left, "right": right}


def _check_clips(scene: Scene) -> dict[str, str]:
    assert scene.ruined is not None
    return {INTACT: next(iter(scene.clips.values())), RUINED: scene.ruined}


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
