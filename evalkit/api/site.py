"""`ek.site`: runs and leaderboards as one static site."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from evalkit.api.finished import Run, path_of
from evalkit.report.build import Options
from evalkit.report.site.write import SiteOptions, write_site


def site(
    *given: Run | str | Path,
    out: str | Path,
    title: str = "Leaderboard",
    media: Literal["none", "blur", "all"] = "none",
    history: Sequence[str | Path] = (),
    reports: bool = True,
    data: str | Path | None = None,
) -> Path:
    """One static site of results over several protocols and both tasks: `evalkit site` for programs.

    Args:
        given: runs or their folders, folders of leaderboards, and single rows of them.
        out: a new or empty folder, or one that holds a site.
        title: what stands above the first page.
        media: videos of pairs: "none", "all", or "blur" with every picture blurred. They show faces.
        history: files of `evalkit gate --history`, for a page more.
        reports: whether a report of the runs of every protocol lies below the site.
        data: where clips are now, if not where they were.

    Returns the first page. Raises `RunError` when something given is not a result, when two results cannot be told
    apart, and when `out` cannot be used.

    >>> import evalkit as ek
    >>> ek.site(out="site")
    Traceback (most recent call last):
    evalkit.errors.RunError: A site needs at least one run folder or leaderboard.
    """
    options = SiteOptions(
        title,
        tuple(map(Path, history)),
        reports,
        Options(data=Path(data) if data else None, media=media, landmarks="none" if media == "blur" else "cached"),
    )
    paths = [path_of(one) for one in given]
    return write_site(paths, Path(out), options, lambda name, pairs: nullcontext(lambda pair, became: None)).index
