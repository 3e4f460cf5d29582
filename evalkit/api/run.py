"""`ek.run`: run a method over a protocol and score it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from evalkit.api.finished import Run, read_run
from evalkit.api.progress import notice, progress_of
from evalkit.errors import RunError
from evalkit.method.find import MethodEntry, find_method, live_method
from evalkit.method.interface import Method
from evalkit.method.live import Animate
from evalkit.protocol.schema import Protocol, find_protocol
from evalkit.runs.choices import MethodChoice, RunChoice
from evalkit.runs.run import Finished, MethodJob, run_methods
from evalkit.runs.session import RunSettings, open_session


def run(
    protocol: str | Path | Protocol,
    method: str | Path | Method | Animate,
    *,
    name: str | None = None,
    data: str | Path | None = None,
    out: str | Path = "runs",
    tag: str | None = None,
    checkpoint: str | Path | None = None,
    options: Mapping[str, str] | None = None,
    device: str | None = None,
    precision: Literal["fp32", "fp16", "bf16"] = "fp32",
    random_weights: bool = False,
    seed: int = 0,
    metrics: Sequence[str] = (),
    coefficients: Mapping[str, str | Path] | None = None,
    limit: int | None = None,
    pairs: Sequence[str] = (),
    missing_ok: bool = False,
    max_failures: int | None = None,
    anchors: bool = True,
    workers: int | None = None,
    scoring_device: str = "cpu",
    overwrite: bool = False,
    progress: bool = False,
) -> Run:
    """Run a method over a protocol, score it, and leave a run folder: `evalkit run` for programs.

    The same call continues a run that was stopped, and a finished one is not computed again. A method that is an object
    of the program can change without a trace, so its run is never continued: give a new `tag`, or `overwrite`.

    Args:
        protocol: a name of `ek.list_protocols()`, the path of a YAML file, or an `ek.Protocol`.
        method: a name of `ek.list_methods()`; the path of a method's folder, or of a Python file with a function
            `build`; an object with `animate`, as `ek.Method` describes; or a function that does the same:
            (sources (S, H, W, 3) uint8 RGB, driving, motion) -> frames (T, H, W, 3), uint8 or floats in [0, 1], one per
            driving frame, in one array or in chunks. `for chunk in driving` gives (t, H, W, 3) uint8 RGB.
        name: what a method that is an object is called in tables.
        data: folder of the protocol's dataset.
        out: where runs go, as `<out>/<protocol>/<method>[@tag]`.
        tag: keeps two runs of one method apart.
        checkpoint, options, device, precision, random_weights, seed: what the method is built with. `device` is "auto"
            for a method with a name: a GPU if there is one. An object brings its own; `device` says which, "cpu" by
            default.
        metrics: in place of the protocol's.
        coefficients: network -> folder of files that you computed with it.
        limit, pairs, missing_ok: the first pairs, those with these ids, those whose clips are there; the result is
            marked as not complete.
        max_failures: end the run when more pairs fail.
        anchors: run the protocol's anchors as well; they are `Run.anchors`.
        workers: processes on the CPU, one pair each at a time: they score, and make the clips of methods that run
            there. 1 does everything in this process, and so does the making without a number, scored in one process
            per core.
        scoring_device: where networks of metrics run that need no CPU.
        overwrite: make anew what the run folder holds.
        progress: show bars.

    Raises `EvalkitError` when the run cannot begin or go on, and `RunError` when all pairs failed. A pair that fails
    does not stop the others: `Run.failures`.

    >>> import tempfile, numpy as np, evalkit as ek
    >>> def still(sources, driving, motion):
    ...     for chunk in driving:
    ...         yield np.repeat(sources[:1], len(chunk), axis=0)
    >>> done = ek.run("demo_self", still, out=tempfile.mkdtemp(), metrics=["l1"], limit=1, anchors=False, workers=1)
    >>> done.title, done.summary.pairs.scored, done["l1"].coverage
    ('still', 1, 1.0)
    """
    chosen = protocol_of(protocol)
    how = MethodChoice(
        checkpoint=Path(checkpoint) if checkpoint else None,
        device=device or "auto",
        precision=precision,
        option=[f"{key}={value}" for key, value in (options or {}).items()],
        random_weights=random_weights,
        seed=seed,
    )
    entry = entry_of(method, name)
    if entry.live and device is None:
        how = replace(how, device="cpu")
    job = MethodJob(entry, how.config(entry), tag)
    beside = how.anchors(chosen, [job]) if anchors else []
    settings = settings_of(
        data,
        out,
        metrics,
        coefficients,
        limit,
        pairs,
        missing_ok,
        max_failures,
        workers,
        scoring_device,
        overwrite,
        [job, *beside],
    )
    with open_session(chosen, replace(settings, overwrite=False), progress_of(progress)) as session:
        others = run_methods(session, beside, notice)
        [made] = run_methods(replace(session, settings=settings), [job], notice)
    return replace(finished_run(made), anchors=tuple(read_run(each.folder.path) for each in others))


def protocol_of(protocol: str | Path | Protocol) -> Protocol:
    """The protocol that was given, by name or path. Raises `UnknownNameError` or `ProtocolError`."""
    return protocol if isinstance(protocol, Protocol) else find_protocol(str(protocol))


def entry_of(method: str | Path | Method | Animate, name: str | None = None) -> MethodEntry:
    """The method that was given, by name, path or as an object. Raises `UnknownNameError` or `MethodError`."""
    if not isinstance(method, str | Path):
        return live_method(method, name)
    if name is not None:
        raise RunError(f"name={name!r} is for methods that are objects; {method} has one. Use tag=.")
    # The folder "mine" is not looked for under that name, as on the command line; Path("mine") is meant as a folder.
    return find_method(method if isinstance(method, str) else str(method.absolute()))


def settings_of(
    data: str | Path | None,
    out: str | Path,
    metrics: Sequence[str],
    coefficients: Mapping[str, str | Path] | None,
    limit: int | None,
    pairs: Sequence[str],
    missing_ok: bool,
    max_failures: int | None,
    workers: int | None,
    scoring_device: str,
    overwrite: bool,
    jobs: Sequence[MethodJob] = (),
) -> RunSettings:
    """What a session for these jobs is opened with.

    Raises `EvalkitError` for missing coefficients or an unknown device.
    """
    choice = RunChoice(
        data=Path(data) if data is not None else None,
        out=Path(out),
        metric=metrics,
        coefficients=[f"{network}={folder}" for network, folder in (coefficients or {}).items()],
        limit=limit,
        pair=pairs,
        subset="missing-ok" if missing_ok else "all",
        max_failures=max_failures,
        workers=workers,
        scoring_device=scoring_device,
    )
    return replace(choice.settings(jobs), overwrite=overwrite)


def finished_run(finished: Finished) -> Run:
    """A run that has just ended. Raises `RunError` when all its pairs failed."""
    found = read_run(finished.folder.path)
    for key, entry in found.metrics.items():
        if entry.status == "unavailable":
            notice(f"{key} is unavailable. {entry.reason}")
    if len(found.failures) == found.summary.pairs.run:
        pair, reason = next(iter(found.failures.items()), ("", "there is none"))
        raise RunError(f"All pairs of {found.title} failed; {pair}: {reason} The outcomes are in {found.path}.")
    return found
