"""Gather everything, and judge it: what is broken, and what is only missing."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.base.extras import CORE, EXTRAS
from evalkit.base.places import resource_dir
from evalkit.base.variables import set_variables
from evalkit.doctor.children import LIMIT_S, Answer, ask
from evalkit.doctor.facts import Compute, Device, Diagnosis, Ffmpeg, Folder, Lacking, Library, PluginState
from evalkit.doctor.libraries import all_libraries
from evalkit.doctor.rows import compare_rows, read_rows
from evalkit.records.provenance import provenance, version_line

_SHIPPED = ("protocols", "baselines", "leaderboards")
_OWN = ("folders", "metrics", "methods", "needed", "modules", "plugins")


def diagnose(limit_s: float = LIMIT_S) -> Diagnosis:
    """The whole page. No check takes longer than `limit_s` seconds; they run in as many processes as there are CPUs."""
    cpus = len(os.sched_getaffinity(0))
    # lpips imports torch, as the core does.
    first = [*(f"import:{module}" for module in (*CORE, *EXTRAS["lpips"])), "ffmpeg", "compute", *_OWN]
    rest = [[f"import:{module}" for module in modules] for extra, modules in EXTRAS.items() if extra != "lpips"]
    return judge(ask([first, *rest], cpus, limit_s), _shipped(), cpus)


def judge(answers: Mapping[str, Answer], shipped: Mapping[str, str | None], cpus: int) -> Diagnosis:
    """The page made of the answers to all checks and the folders that came with evalkit."""
    known, libraries = provenance(), all_libraries(answers)
    ffmpeg = Ffmpeg(**value) if (value := answers["ffmpeg"].value) else None
    folders = tuple(Folder(**one) for one in answers["folders"].value or ())
    metrics = [_lacking(one) for one in answers["metrics"].value or ()]
    boards = shipped["leaderboards"]
    return Diagnosis(
        version=version_line(),
        python=known["python"],
        platform=known["platform"],
        processor=known["processor"],
        cpus=cpus,
        libraries=tuple(libraries),
        ffmpeg=ffmpeg,
        compute=_compute(answers["compute"].value),
        folders=folders,
        variables=set_variables(),
        shipped=dict(shipped),
        metrics=(*metrics, *_broken_metrics(libraries, answers["modules"].value or {})),
        methods=tuple(_lacking(one) for one in answers["methods"].value or ()),
        rows=compare_rows(read_rows(boards), known["libraries"]) if boards else None,
        plugins=_plugins(answers["plugins"].value),
        problems=tuple(_problems(answers, libraries, ffmpeg, folders, shipped)),
    )


def _problems(
    answers: Mapping[str, Answer],
    libraries: Sequence[Library],
    ffmpeg: Ffmpeg | None,
    folders: Sequence[Folder],
    shipped: Mapping[str, str | None],
) -> list[str]:
    bad = [one for one in libraries if one.state == "broken" or (one.state == "missing" and one.extra is None)]
    found = [f"{one.module} ({one.state}): {one.problem}. {one.remedy}" for one in bad]
    if ffmpeg is not None:
        lost = [f"encoder {name}" for name, there in ffmpeg.encoders.items() if not there]
        lost += [f"decoder {name}" for name in ("ffv1", "h264") if not ffmpeg.decoders[name]]
        found += [f"PyAV's FFmpeg has no {', '.join(lost)}. Install PyAV from its own wheels."] if lost else []
    unwritable = (one for one in folders if one.what == "cache" and not one.writable)
    found += [f"The cache folder {one.path} cannot be written. Set EVALKIT_CACHE to another." for one in unwritable]
    found += [f"evalkit's folder {name} is missing; reinstall evalkit." for name in shipped if not shipped[name]]
    found += [f"The first command of the README cannot run: {text}" for text in answers["needed"].value or ()]
    plugins = _plugins(answers["plugins"].value)
    found += [f"The plugin {one.name} cannot be used: {text}" for one in plugins for text in one.problems]
    if not bad:  # otherwise these fail for the reasons above
        failed = [check for check in ("ffmpeg", "compute", *_OWN) if answers[check].problem]
        found += [f"The check of {check} failed: {answers[check].problem}" for check in failed]
    return found


def _broken_metrics(libraries: Sequence[Library], needs: Mapping[str, Sequence[str]]) -> list[Lacking]:
    """Metrics whose networks import a library that is broken."""
    broken = {one.module: one for one in libraries if one.state == "broken"}
    hit = {module: tuple(key for key, modules in needs.items() if module in modules) for module in broken}
    return [Lacking("broken", keys, f"{m} is broken. {broken[m].remedy}") for m, keys in hit.items() if keys]


def _shipped() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in _SHIPPED:
        try:
            found[name] = str(resource_dir(name))
        except FileNotFoundError:
            found[name] = None
    return found


def _plugins(value: Sequence[Mapping[str, Any]] | None) -> tuple[PluginState, ...]:
    texts = ("brings", "problems")
    return tuple(PluginState(**{**one, **{name: tuple(one[name]) for name in texts}}) for one in value or ())


def _lacking(value: Mapping[str, Any]) -> Lacking:
    return Lacking(value["kind"], tuple(value["names"]), value["remedy"])


def _compute(value: Mapping[str, Any] | None) -> Compute | None:
    return None if value is None else Compute(**{**value, "devices": tuple(Device(**one) for one in value["devices"])})
