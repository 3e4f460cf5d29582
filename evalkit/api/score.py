"""`ek.score`: metrics for outputs that another program made."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.api.finished import Run
from evalkit.api.progress import notice, progress_of
from evalkit.api.run import finished_run, protocol_of, settings_of
from evalkit.clips.panels import check_crop
from evalkit.protocol.schema import Protocol
from evalkit.records.output_rules import OutputRules
from evalkit.runs.foreign_clips import check_name, find_outputs
from evalkit.runs.run import score_outputs
from evalkit.runs.session import open_session
from evalkit.types import Filter, Rgb


def score(
    protocol: str | Path | Protocol,
    generated: str | Path,
    name: str,
    *,
    data: str | Path | None = None,
    out: str | Path = "runs",
    tag: str | None = None,
    metrics: Sequence[str] = (),
    coefficients: Mapping[str, str | Path] | None = None,
    limit: int | None = None,
    pairs: Sequence[str] = (),
    missing_ok: bool = False,
    max_failures: int | None = None,
    files: str | Path | None = None,
    skip_first: int = 0,
    whole_clips: bool = False,
    crop: str | None = None,
    resize: Filter | None = None,
    rgb: Rgb | None = None,
    workers: int | None = None,
    scoring_device: str = "cpu",
    overwrite: bool = False,
    progress: bool = False,
) -> Run:
    """Score clips that another program made, matched to the protocol's pairs by name: `evalkit score` for programs.

    Args:
        generated: folder with one `<pair>.mp4` or folder `<pair>` of frames per pair.
        name: what these outputs are called in tables.
        files: a CSV file with the columns pair,file where the names say nothing.
        skip_first: leave out the first frames of outputs, such as the source frame.
        whole_clips: outputs have a frame for each frame of the driving clips.
        crop: the part of the frames to score: "left-half", "2/3" (the second of three pictures) or "x,y,w,h".
        resize: a filter for outputs of another size; it becomes part of the signatures.
        rgb: how frames of videos become RGB, in place of the protocol's rule.

    The other arguments are those of `ek.run`. docs/outputs.md says what outputs of official demos need.

    Raises `EvalkitError` when nothing can be scored, `RunError` when all pairs failed. A missing, short or wrongly
    sized clip costs only its pair: `Run.failures`.

    >>> import evalkit as ek
    >>> ek.score("demo_self", "nowhere", "mine", workers=1)
    Traceback (most recent call last):
    evalkit.errors.ScoreError: --generated nowhere: no such folder. Give the folder with one clip per pair.
    """
    check_name(name)
    if crop:
        check_crop(crop)
    rules = OutputRules(skip_first=skip_first, whole_clips=whole_clips, crop=crop, resize=resize)
    chosen = protocol_of(protocol)
    if rgb:
        chosen = chosen.model_copy(update={"rgb": rgb})
    settings = settings_of(
        data, out, metrics, coefficients, limit, pairs, missing_ok, max_failures, workers, scoring_device, overwrite
    )
    with open_session(chosen, settings, progress_of(progress)) as session:
        listed = Path(files) if files is not None else None
        outputs = find_outputs(Path(generated), session.pairs, rules, listed, subset=missing_ok)
        for passed, why in outputs.matched.passed_over():
            notice(f"{len(passed)} entries of {files or generated} {why}: {', '.join(passed[:5])}")
        return finished_run(score_outputs(session, outputs, name, tag))
