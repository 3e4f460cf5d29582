"""How a gate reports: the verdict table on the terminal, and the files it was asked for."""

from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from evalkit.cli.console import print_grid, print_json
from evalkit.cli.echo import echo, say
from evalkit.errors import RunError
from evalkit.gating.comment import markdown, pictures, times_tolerated
from evalkit.gating.formats import COLUMNS, HEADLINES, annotations, cells, explanation, junit
from evalkit.gating.side import Side
from evalkit.gating.strips import write_strips
from evalkit.gating.verdict import Verdict
from evalkit.records.json_record import content_of

_COLOURS = {
    "better": "green",
    "same": "",
    "worse": "bold red",
    "not_proven": "yellow",
    "suspicious": "bold magenta",
    "broken": "bold yellow",
}


@dataclass(frozen=True)
class ReportFiles:
    """Where a verdict goes: stdout as a table, as JSON or not at all, and files. `data` is the root of the clips."""

    markdown: Path | None
    junit: Path | None
    strips: Path | None
    data: Path | None
    link_base: str | None
    as_json: bool
    github: bool
    quiet: bool


def report(verdict: Verdict, baseline: Side, candidate: Side, outputs: ReportFiles, summary: str | None) -> None:
    """Print, then write everything asked for. `summary` is the file GitHub shows on a job's page.

    Raises `RunError` when a file cannot be written.
    """
    if outputs.github:
        for line in annotations(verdict):
            echo(line, err=outputs.as_json)
    if outputs.as_json:
        print_json(content_of(verdict.record()))
    elif not outputs.quiet:
        print_verdict(verdict)
    try:
        _write_files(verdict, baseline, candidate, outputs, Path(summary) if summary and outputs.github else None)
    except OSError as error:
        raise RunError(f"{error.filename}: cannot be written ({error.strerror}).") from error


def print_verdict(verdict: Verdict) -> None:
    """The table and the reasons."""
    if verdict.metrics:
        rows = []
        for row in verdict.metrics:
            texts = [escape(text) for text in cells(row)]
            colour = _COLOURS[row.status] if row.judged else ""
            texts[1] = f"[{colour}]{texts[1]}[/]" if colour else texts[1]
            rows.append(texts)
        print_grid(COLUMNS, rows)
        echo(explanation(verdict))
    for pair in verdict.worst:
        times = "" if pair.tolerances is None else f" ({times_tolerated(pair)} times what is tolerated)"
        echo(f"Lost most: {pair.pair}, {pair.metric} {pair.baseline:.4g} to {pair.candidate:.4g}{times}")
    for text in verdict.warnings:
        echo(f"Note: {text}")
    for text in verdict.reasons:
        echo(f"Reason: {text}")
    echo(f"{HEADLINES[verdict.outcome]} (exit code {verdict.exit_code})")


def _write_files(verdict: Verdict, baseline: Side, candidate: Side, outputs: ReportFiles, summary: Path | None) -> None:
    written: dict[str, Path] = {}
    if outputs.strips is not None:
        written = write_strips(baseline, candidate, [pair.pair for pair in verdict.worst], outputs.strips, outputs.data)
        say(f"{len(written)} strips in {outputs.strips}")
    shown = pictures(written, outputs.markdown, outputs.link_base)
    if outputs.markdown is not None:
        outputs.markdown.parent.mkdir(parents=True, exist_ok=True)
        outputs.markdown.write_text(markdown(verdict, shown), encoding="utf-8")
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(markdown(verdict, shown))
    if outputs.junit is not None:
        outputs.junit.parent.mkdir(parents=True, exist_ok=True)
        outputs.junit.write_text(junit(verdict), encoding="utf-8")
