"""`evalkit completion`, and the names that shells complete."""

from collections.abc import Iterator
from typing import Annotated, Literal

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
