"""`--leaderboards`: where rows are read and written."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path | None,
    typer.Option(
        "--leaderboards",
        metavar="DIR",
        help="Folder of leaderboards. Default: that of the checkout, else ./leaderboards; if that is missing, the "
        "installed ones are read.",
    ),
]


def readable(leaderboards: Path | None) -> Path:
    """Where leaderboards are read."""
    from evalkit.base.places import readable_leaderboards

    return leaderboards or readable_leaderboards()


def written(leaderboards: Path | None) -> Path:
    """Where leaderboards are written; said when it is neither asked for nor the checkout's."""
    from evalkit.base.places import is_checkout, writable_leaderboards
    from evalkit.cli.echo import say

    folder = leaderboards or writable_leaderboards()
    if leaderboards is None and not is_checkout():
        say(f"Leaderboards are kept in {folder.resolve()} (--leaderboards chooses another folder).")
    return folder


def papers_of(leaderboards: Path | None) -> Path | None:
    """Where papers' numbers are read: a folder of the user's own without any does not hide those of evalkit."""
    folder = readable(leaderboards)
    return folder if leaderboards or (folder / "published").is_dir() else None
