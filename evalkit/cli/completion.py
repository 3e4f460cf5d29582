"""`evalkit completion`, and the names that shells complete."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

import typer

from evalkit.cli.echo import echo


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print what a shell needs to complete commands, options and names.

    Example: `evalkit completion bash >> ~/.bashrc`
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    echo(get_completion_script(prog_name="evalkit", complete_var="_EVALKIT_COMPLETE", shell=shell))


def protocol_names(incomplete: str) -> Iterator[str]:
    """Protocols that begin so."""
    from evalkit.protocol.schema import list_protocols

    return (protocol.id for protocol in list_protocols() if protocol.id.startswith(incomplete))


def preset_names(incomplete: str) -> Iterator[str]:
    """Presets that begin so."""
    from evalkit.protocol import presets

    return (name for name in presets.preset_names() if name.startswith(incomplete))


def method_names(incomplete: str) -> Iterator[str]:
    """Methods that begin so."""
    from evalkit.method.find import list_methods

    return (entry.card.id for entry in list_methods() if entry.card.id.startswith(incomplete))


def metric_names(incomplete: str) -> list[str]:
    """Keys and ids of metrics that begin so."""
    from evalkit.metrics import METRICS

    known = {name for key in METRICS for name in (key, key.partition("[")[0])}
    return sorted(name for name in known if name.startswith(incomplete))


def weights_names(incomplete: str) -> list[str]:
    """Network files that begin so."""
    from evalkit.weights.entry import catalogue

    return [name for name in catalogue() if name.startswith(incomplete)]


def dataset_names(incomplete: str) -> list[str]:
    """Datasets that begin so."""
    from evalkit.datasets import DATASETS

    return sorted(name for name in DATASETS if name.startswith(incomplete))


def pair_choices(incomplete: str) -> list[str]:
    """Ways to choose a pair that begin so."""
    from evalkit.figures.words import Choice

    return [name for name in get_args(Choice) if name.startswith(incomplete)]


def extra_columns(incomplete: str) -> list[str]:
    """Columns behind the metrics of a table that begin so."""
    from evalkit.tables.words import Extra

    return [name for name in get_args(Extra) if name.startswith(incomplete)]
