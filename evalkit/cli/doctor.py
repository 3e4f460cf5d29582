"""`evalkit doctor`: whether evalkit works here, and what is missing."""

import os
import re
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from evalkit.cli import options
from evalkit.cli.echo import echo

if TYPE_CHECKING:
    from evalkit.doctor.facts import Diagnosis, Lacking, Library

_KINDS = {
    "library": "library not installed",
    "broken": "library broken",
    "weights": "network file missing",
    "coefficients": "coefficients that you supply",
}
_SHOWN = 3
_FILES = re.compile(r"Needed: .*?\. Get them with: ")
"""File names; the commands after them get the files."""


def doctor(as_json: options.Json = False) -> None:
    """Say whether evalkit works on this machine, what is missing, and the command that gets it.

    Ends with exit code 1 when something of the core is missing or broken, or an installed library is broken. A missing
    library, network or checkpoint is not a failure.
    """
    from evalkit.cli.console import print_json
    from evalkit.cli.echo import say
    from evalkit.doctor.diagnose import diagnose

    say("Importing every library, in processes of their own ...")
    found = diagnose()
    if as_json:
        print_json({**asdict(found), "healthy": found.healthy})
    else:
        echo("\n".join(page(found)))
    if not found.healthy:
        raise typer.Exit(1)


def page(found: "Diagnosis") -> Iterator[str]:
    """The lines of the page."""
    yield f"{found.version}, Python {found.python}, {found.platform}"
    threads = f", PyTorch computes with {found.compute.threads} threads" if found.compute else ""
    yield f"{found.processor}, {found.cpus} of {os.cpu_count()} CPUs{threads}"
    yield from _compute(found)
    yield from _section("Libraries", _libraries(found))
    yield from _section("FFmpeg of PyAV", _ffmpeg(found))
    yield from _section("Folders", _folders(found))
    yield from _section("Metrics with missing requirements", _metrics(found.metrics))
    yield from _section("Methods with missing requirements", _methods(found.methods))
    yield from _section("Plugins", _plugins(found))
    yield from _section("Leaderboards that come with evalkit", _rows(found))
    if found.healthy:
        yield from ("", "evalkit works here.")
    else:
        yield from _section("Broken", found.problems)


def _section(title: str, lines: "Iterator[str] | tuple[str, ...]") -> Iterator[str]:
    body = [f"  {line}" for line in lines]
    if body:
        yield from ("", title, *body)


def _compute(found: "Diagnosis") -> Iterator[str]:
    if found.compute is None:
        return
    build = f"CUDA {found.compute.cuda}" if found.compute.cuda else "CPU build"
    yield f"PyTorch {found.compute.torch}, {build}"
    for index, device in enumerate(found.compute.devices):
        yield f"GPU {index}: {device.name}, {device.memory_bytes / 2**30:.1f} GiB"
    if found.compute.reason:
        yield f"No GPU: {found.compute.reason}"


def _libraries(found: "Diagnosis") -> Iterator[str]:
    for extra, members in groupby(found.libraries, key=lambda one: one.extra):
        libraries = list(members)
        here = [_named(one) for one in libraries if one.state == "ok"]
        yield f"{extra or 'core':<10}{', '.join(here) or '-'}"
        absent = [one for one in libraries if one.state == "missing"]
        if absent:
            yield f"{'':<10}not installed: {', '.join(one.module for one in absent)}. {absent[0].remedy}"
        for one in (one for one in libraries if one.state == "broken"):
            yield f"{'':<10}BROKEN: {_named(one)}: {one.problem}. {one.remedy}"


def _named(library: "Library") -> str:
    return f"{library.module} {' / '.join(library.versions.values())}".strip()


def _ffmpeg(found: "Diagnosis") -> Iterator[str]:
    if found.ffmpeg is None:
        return
    yield ", ".join(f"{name} {version}" for name, version in found.ffmpeg.libraries.items())
    for kind, codecs in (("encoders", found.ffmpeg.encoders), ("decoders", found.ffmpeg.decoders)):
        yield f"{kind}: {', '.join(name if there else f'{name} MISSING' for name, there in codecs.items())}"


def _folders(found: "Diagnosis") -> Iterator[str]:
    for one in found.folders:
        state = "there" if one.exists else "not there yet"
        free = "" if one.free_bytes is None else f", {one.free_bytes / 1e9:.1f} GB free"
        yield f"{one.what:<13}{one.path} ({state}, {'writable' if one.writable else 'NOT WRITABLE'}{free})"
    for name, path in found.shipped.items():
        yield f"{name:<13}{path or 'MISSING'}"


def _metrics(lacking: "tuple[Lacking, ...]") -> Iterator[str]:
    for kind, title in _KINDS.items():
        groups = [one for one in lacking if one.kind == kind]
        if groups:
            yield f"{title}:"
        for one in groups:
            more = f" and {len(one.names) - _SHOWN} more" if len(one.names) > _SHOWN else ""
            yield f"  {', '.join(one.names[:_SHOWN])}{more}: {_FILES.sub('', one.remedy)}"


def _methods(lacking: "tuple[Lacking, ...]") -> Iterator[str]:
    names = [name for one in lacking if one.kind == "checkpoint" for name in one.names]
    if names:
        yield f"no checkpoint here: {', '.join(names)}"
        yield "  `evalkit methods check NAME` lists the files, `evalkit methods import NAME PATH` installs one."
    for one in lacking:
        if one.kind != "checkpoint":
            yield f"{', '.join(one.names)}: {one.remedy}"


def _plugins(found: "Diagnosis") -> Iterator[str]:
    for one in found.plugins:
        name = " ".join(filter(None, (one.name, one.version)))
        if one.brings:
            yield f"{name}: {', '.join(one.brings)} (code {(one.sha256 or '')[:12]})"
        yield from (f"BROKEN: {name}: {text}" for text in one.problems)


def _rows(found: "Diagnosis") -> Iterator[str]:
    rows = found.rows
    if rows is None or not rows.count:
        return
    commits = "one commit" if len(rows.commits) == 1 else f"{len(rows.commits)} commits"
    yield f"{rows.count} rows, measured with evalkit {', '.join(rows.evalkit)} at {commits}"
    if rows.recorded < rows.count:
        yield f"{rows.count - rows.recorded} rows do not state their libraries"
    for name, versions in rows.differing.items():
        yield f"{name}: measured with {', '.join(versions['measured'])}, installed {versions['installed'] or 'not'}"
    if rows.recorded and not rows.differing:
        yield "the installed libraries match those of the rows"
