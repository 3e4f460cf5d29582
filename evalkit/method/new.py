"""A folder for a new method: a card and an adapter, or a card and a worker, to be filled in."""

import re
import shutil
from pathlib import Path

from evalkit.errors import MethodError
from evalkit.method.find import CARD
from evalkit.method.foreign.drop_in import evalkit_worker

_CARD = """\
id: {name}
title: {name}
description: What it does, in a line.          # change
licence: unknown                               # change
motions: [absolute]
"""
_EXTERNAL = """\
kind: external
external:
  mode: worker
  python: ">=3.6"
  driving: {form: array}                       # frames as arrays; `size: 256` resizes them first
  steps:
    - name: serve
      command: ["{python}", "{card}/worker.py"]
      env: {PYTHONPATH: "{clone}"}             # `import` finds the modules of your repository
"""
_WORKER = '''\
"""Runs in the environment of {name}: load the model once, animate pair after pair."""

from evalkit_worker import serve


def load(options):
    """Load your model; it is handed to `animate`."""
    return None  # change


def animate(model, pair):
    """Yield generated frames, one for every driving frame: (t, H, W, 3) uint8 RGB, or float in [0, 1]."""
    source = pair["source"][0]  # (H, W, 3) uint8 RGB
    for frame in pair["driving"]:  # (T, H, W, 3) uint8 RGB
        made = frame // 2 + source // 2  # change
        yield made[None]


serve(load, animate)
'''
_ADAPTER = '''\
"""{name}: what evalkit calls."""


class Method:
    """A method that has been built."""

    def animate(self, sources, driving, motion):
        """Yield generated frames, one for every driving frame: (t, H, W, 3) uint8 RGB, or float in [0, 1]."""
        for chunk in driving:  # (t, H, W, 3) uint8 RGB
            yield chunk // 2 + sources[0] // 2  # change


def build(config):
    """Load your networks on `config.device`."""
    return Method()
'''


def write_new(name: str, folder: Path, external: bool) -> Path:
    """Write the files of a new method into a folder that must not exist yet. Raises `MethodError`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise MethodError(f"{name!r}: expected an id of lower-case letters, digits and _, beginning with a letter.")
    if folder.exists():
        raise MethodError(f"{folder} is there already. Give another folder with --out.")
    folder.mkdir(parents=True)
    files = {CARD: _CARD.replace("{name}", name) + (_EXTERNAL if external else "kind: native\n")}
    files["worker.py" if external else "adapter.py"] = (_WORKER if external else _ADAPTER).replace("{name}", name)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    if external:
        shutil.copyfile(evalkit_worker.__file__, folder / "evalkit_worker.py")
    return folder
