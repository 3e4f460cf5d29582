"""Stand-ins for the actions that our files use. Each knows the inputs that it plays and refuses others."""

import shutil
from collections.abc import Callable, Mapping
from typing import Any

from tests.ci.programs import write_python

Outputs = dict[str, str]


class NotPlayed(ValueError):
    """A key, an input or an action that the player does not know."""


def checkout(job: Any, given: Mapping[str, str]) -> Outputs:
    """The repository into the workspace. Credentials must not be left behind."""
    _known("checkout", given, "persist-credentials", "fetch-depth", "lfs")
    if given.get("persist-credentials") != "false":
        raise NotPlayed("checkout would leave the token behind")
    shutil.copytree(job.event.tree, job.workspace, dirs_exist_ok=True)
    return {}


def setup_python(job: Any, given: Mapping[str, str]) -> Outputs:
    """A `python` first in PATH, whose pip takes notes."""
    _known("setup-python", given, "python-version")
    folder = job.root / "python"
    write_python(folder, job.pip_log)
    job.path.insert(0, str(folder))
    job.pythons.append(given["python-version"])
    return {"python-version": given["python-version"] + ".99"}


def cache_restore(job: Any, given: Mapping[str, str]) -> Outputs:
    """The entry of that key, else the newest one that a restore key begins."""
    _known("cache/restore", given, "path", "key", "restore-keys")
    caches, key = job.github.root / "caches", given["key"]
    matched = key if (caches / key).is_dir() else None
    prefixes = given.get("restore-keys", "").split()
    entries = sorted(caches.glob("*"), key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for prefix in [] if matched else prefixes:
        matched = matched or next((entry.name for entry in entries if entry.name.startswith(prefix)), None)
    if matched:
        shutil.copytree(caches / matched, job.expand(given["path"]), dirs_exist_ok=True)
    job.restored.append((key, matched))
    hit = {} if matched is None else {"cache-hit": "true" if matched == key else "false"}
    return {"cache-primary-key": key, "cache-matched-key": matched or "", **hit}


def cache_save(job: Any, given: Mapping[str, str]) -> Outputs:
    """A new entry. One that is there stays as it is."""
    _known("cache/save", given, "path", "key")
    source, target = job.expand(given["path"]), job.github.root / "caches" / given["key"]
    if source.is_dir() and not target.exists():
        shutil.copytree(source, target)
    return {}


def cache(job: Any, given: Mapping[str, str]) -> Outputs:
    """Restore now; save at the end of a job that succeeded."""
    outputs = cache_restore(job, given)
    kept = {name: given[name] for name in ("path", "key")}
    job.at_success.append(lambda: cache_save(job, kept))
    return {name: outputs[name] for name in ("cache-hit",) if name in outputs}


def upload_artifact(job: Any, given: Mapping[str, str]) -> Outputs:
    """A folder without hidden files, by name."""
    _known("upload-artifact", given, "name", "path", "if-no-files-found", "overwrite")
    source, name = job.workspace / given["path"], given["name"]
    if given.get("if-no-files-found") != "error":
        raise NotPlayed("upload-artifact would take nothing for an artifact")
    if not source.is_dir() or not any(source.iterdir()):
        raise OSError(f"nothing in {source}")
    target = job.github.root / "artifacts" / job.run_id / name
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    if job.github.tamper:
        job.github.tamper(target)
    return {"artifact-id": "55", "artifact-url": f"{job.run_url}/artifacts/55"}


def download_artifact(job: Any, given: Mapping[str, str]) -> Outputs:
    """What a job of the same run uploaded."""
    _known("download-artifact", given, "name", "path")
    source = job.github.root / "artifacts" / job.run_id / given["name"]
    shutil.copytree(source, given["path"], symlinks=True)
    return {}


ACTIONS: Mapping[str, Callable[[Any, Mapping[str, str]], Outputs]] = {
    "actions/checkout": checkout,
    "actions/setup-python": setup_python,
    "actions/cache": cache,
    "actions/cache/restore": cache_restore,
    "actions/cache/save": cache_save,
    "actions/upload-artifact": upload_artifact,
    "actions/download-artifact": download_artifact,
}


def _known(action: str, given: Mapping[str, str], *names: str) -> None:
    if unknown := sorted(set(given) - set(names)):
        raise NotPlayed(f"{action}: the inputs {unknown} are not played")
