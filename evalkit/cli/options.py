"""Options that several commands share, so that they read and behave alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from evalkit.cli.completion import metric_names, preset_names, protocol_names
from evalkit.errors import EvalkitError, UnknownNameError
from evalkit.figures.words import Choice

ProtocolName = Annotated[
    str,
    typer.Option(
        "--protocol",
        "-p",
        metavar="NAME",
        help="Protocol: a name from `evalkit protocols list`, or a YAML file.",
        autocompletion=protocol_names,
    ),
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="PRESET",
        help="As a paper measured: its rules, metrics and averaging on the protocol's clips and pairs; a name from "
        "`evalkit presets list`. Points it leaves open are listed with the numbers.",
        autocompletion=preset_names,
    ),
]
DataRoot = Annotated[
    Path | None,
    typer.Option("--data", "-d", metavar="DIR", help="Root folder of the dataset. The demo corpus needs none."),
]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="GROUP", help="Also by groups of driving frames, as `evalkit table --by`. Repeatable."
    ),
]
Attributes = Annotated[
    Path | None, typer.Option(metavar="CSV", help="Labels of clips for --by: columns clip, attribute, value.")
]
OutFolder = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the run folders, by protocol and method.")
]
Tag = Annotated[
    str | None, typer.Option(metavar="NAME", help="Write to `<method>@NAME`, for example for another checkpoint.")
]
MetricNames = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        "-m",
        metavar="NAME",
        help="Score with this metric instead of the protocol's. Repeatable.",
        autocompletion=metric_names,
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N pairs. Marks the result as incomplete.")]
Shards = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="K/N", help="Only the K-th of N parts of the pairs, as <method>.KofN; then `evalkit merge`."
    ),
]
PairIds = Annotated[
    list[str] | None,
    typer.Option("--pair", "--pairs", metavar="ID", help="Only this pair. Repeatable. Marks the result as incomplete."),
]
Subset = Annotated[
    Literal["all", "missing-ok"],
    typer.Option(help="missing-ok skips pairs with missing clips. Marks the result as incomplete."),
]
Coefficients = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=DIR",
        help="Coefficients of a network you ran (emoca, smirk): a folder `driving` of `<clip>.npz` in DIR, and one per "
        "method of `<pair>.npz`. Repeatable.",
    ),
]
MaxFailures = Annotated[int | None, typer.Option(min=0, help="Stop when more than N pairs have failed.")]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes on the CPU, one pair each at a time: they score, and make the clips of methods that run there. "
        "Default: the clips are made in one process, and scored in one per CPU core, at most 8.",
    ),
]
Jobs = Annotated[int | None, typer.Option("--workers", min=1, help="Processes. Default: one per CPU core, at most 8.")]
ScoringDevice = Annotated[
    str,
    typer.Option(help="cpu, or cuda[:N] for the networks of FID, FVD and LPIPS. Others stay on the CPU."),
]
Checkpoint = Annotated[Path | None, typer.Option(metavar="FILE", exists=True, help="Weights for the method.")]
Device = Annotated[str, typer.Option(help="auto, cpu, or cuda[:N]. auto uses a GPU for methods with networks.")]
Devices = Annotated[
    str,
    typer.Option(
        help="auto, cpu, cuda[:N], or several as cuda:0,cuda:1: a worker on each. auto uses a GPU for methods with "
        "networks."
    ),
]
Gpus = Annotated[
    str | None,
    typer.Option(
        metavar="N,N|all",
        help="A worker on each of these GPUs; twice the same for two workers on it. With --engine ray, how many "
        "workers have a GPU, or all.",
    ),
]
Engines = Annotated[
    Literal["local", "ray"],
    typer.Option(help="Where workers are: on this machine, or on a Ray cluster (docs/scale.md)."),
]
Address = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="The Ray cluster: auto (the one of this machine), ray://HOST:PORT, or local."),
]
Precision = Annotated[Literal["fp32", "fp16", "bf16"], typer.Option(help="Tables use fp32.")]
ChannelsLast = Annotated[
    bool, typer.Option("--channels-last", help="Store images channels last: faster on some devices.")
]
Compile = Annotated[bool, typer.Option("--compile", help="Run networks through torch.compile; needs a C++ compiler.")]
MethodOptions = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An option of the method (`methods show`). Repeatable."),
]
RandomWeights = Annotated[
    bool, typer.Option("--random-weights", help="Seeded random weights: valid for speed, not for scores.")
]
StrictCommit = Annotated[
    bool,
    typer.Option(
        "--strict-commit", help="Refuse an external method whose clone is edited or at another commit than its card's."
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the method's random numbers, and of random weights.")]
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="A Python file that provides metrics, extractors, datasets or methods. Repeatable.",
    ),
]
TableFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help="markdown, latex, csv, json, html (for Word) or typst.",
        show_default="markdown",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="On stderr only what went wrong: no progress, no notes.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="A line on stderr for every pair.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print machine-readable output on stdout; progress stays on stderr.")
]


def pairs_of(option: str, texts: Sequence[str]) -> dict[str, str]:
    """Texts of the form NAME=VALUE, given as `option`. Raises `EvalkitError`."""
    for text in texts:
        if not all(text.partition("=")):
            raise EvalkitError(f"{option} {text!r}: expected NAME=VALUE.")
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def choices_of(texts: Sequence[str] | None) -> tuple[Choice, ...]:
    """Which pairs to choose. Raises `UnknownNameError`."""
    known: tuple[Choice, ...] = get_args(Choice)
    for text in texts or ():
        if text not in known:
            raise UnknownNameError("choice of pairs", text, known)
    return tuple(one for text in texts or ("worst", "median", "best") for one in known if one == text)


def four_of(option: str, text: str) -> tuple[int, int, int, int]:
    """x,y,width,height, given as `option`. Raises `EvalkitError`."""
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise EvalkitError(f"{option} {text!r}: expected four whole numbers, X,Y,W,H.")
    x, y, width, height = map(int, parts)
    return x, y, width, height
