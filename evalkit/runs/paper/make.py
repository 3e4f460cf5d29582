"""Every table and figure of a `paper.yaml`: the same runs give the same bytes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from evalkit.base.files import atomic_path, write_text
from evalkit.errors import RunError, UnknownNameError
from evalkit.figures.files import check_format, save_figure
from evalkit.figures.from_runs import frames_of, radar_of, tradeoff_of
from evalkit.runs.common_frames import common_note, on_common_frames
from evalkit.runs.pair_grid import grid_of
from evalkit.runs.pair_video import write_pair_video
from evalkit.runs.paper.schema import CurveItem, GridItem, PaperFile, ParetoItem, RadarItem, TableItem, VideoItem
from evalkit.tables.formats import format_of, text_of
from evalkit.tables.make import make_table
from evalkit.tables.results import read_measured
from evalkit.tables.rows import known_names

Write = Callable[[Path], object]


@dataclass(frozen=True)
class Made:
    """A file of the paper, and whether it is another than before."""

    path: Path
    state: Literal["new", "changed", "unchanged"]


def make_paper(paper: PaperFile, base: Path, only: Sequence[str] = (), *, write: bool = True) -> Iterator[Made]:
    """Make the files called in `only` (default: all), one after the other; folders are relative to `base`.

    A file is replaced only when its bytes change; without `write` nothing is. Raises `UnknownNameError` for a name that
    is not in the paper, `RunError` for a name that comes twice, and what the tables and figures raise.
    """
    writers = dict(_writers(paper, base))
    for name in only:
        if name not in writers:
            raise UnknownNameError("file in this paper", name, writers)
    with TemporaryDirectory() as folder:
        for name in only or writers:
            fresh, path = Path(folder) / Path(name).name, base / paper.out / name
            writers[name](fresh)
            yield Made(path, _kept(fresh, path, write))


def _kept(fresh: Path, path: Path, write: bool) -> Literal["new", "changed", "unchanged"]:
    content = fresh.read_bytes()
    there = path.is_file()
    if there and path.read_bytes() == content:
        return "unchanged"
    if write:
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    return "changed" if there else "new"


def _writers(paper: PaperFile, base: Path) -> Iterator[tuple[str, Write]]:
    """Name of a file -> what writes it."""
    kinds = (paper.tables, paper.grids, paper.videos, paper.paretos, paper.radars, paper.curves)
    names = [name for kind in kinds for name in kind]
    for name in names:
        if names.count(name) > 1:
            raise RunError(f"Two items of the paper are the file {name!r}. Give one of them another name.")
    yield from ((name, partial(_table, item, paper, base)) for name, item in paper.tables.items())
    yield from ((name, partial(_grid, item, paper, base)) for name, item in paper.grids.items())
    yield from ((name, partial(_video, item, paper, base)) for name, item in paper.videos.items())
    yield from ((name, partial(_drawn, item, paper, base)) for name, item in paper.paretos.items())
    yield from ((name, partial(_drawn, item, paper, base)) for name, item in paper.radars.items())
    yield from ((name, partial(_drawn, item, paper, base)) for name, item in paper.curves.items())


def _table(item: TableItem, paper: PaperFile, base: Path, path: Path) -> None:
    chosen = format_of(path)
    folders = _folders(item.runs, base / paper.runs)
    results = on_common_frames(folders) if item.common_frames else [read_measured(folder) for folder in folders]
    options = item.model_copy(update=_names(item.rename, paper, folders))
    notes = common_note(results) if item.common_frames else ()
    table = make_table(results, options, item.reported, notes, item.printed)
    write_text(path, text_of([table], chosen, paper=item.style != "plain", standalone=item.standalone))


def _grid(item: GridItem, paper: PaperFile, base: Path, path: Path) -> None:
    check_format(path)
    folders = _folders(item.runs, base / paper.runs)
    options = item.model_copy(update=_names(item.rename, paper, folders))
    save_figure(grid_of(folders, options, _data(paper, base)), path)


def _video(item: VideoItem, paper: PaperFile, base: Path, path: Path) -> None:
    folders = _folders(item.runs, base / paper.runs)
    options = item.model_copy(update=_names(item.rename, paper, folders))
    write_pair_video(path, folders, options, _data(paper, base))


def _drawn(item: ParetoItem | RadarItem | CurveItem, paper: PaperFile, base: Path, path: Path) -> None:
    check_format(path)
    folders = _folders(item.runs, base / paper.runs)
    if isinstance(item, ParetoItem):
        figure = tradeoff_of(folders, item.identity, item.motion, paper.rename)
    elif isinstance(item, RadarItem):
        figure = radar_of(folders, item.metrics, item.anchors, paper.rename)
    else:
        figure = frames_of(folders, item.metric, item.pair, paper.rename)
    save_figure(figure, path)


def _folders(patterns: Sequence[str], runs: Path) -> list[Path]:
    """Run folders in the order of the patterns, each once. Raises `RunError` for a pattern without any."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        starred = any(letter in pattern for letter in "*?[")
        matches = sorted(runs.glob(pattern)) if starred else [runs / pattern]
        folders = [path for path in matches if not starred or (path / "summary.json").is_file()]
        if not folders:
            raise RunError(f"No finished run is called {pattern!r} below {runs}.")
        found |= dict.fromkeys(folders)
    return list(found)


def _names(own: Mapping[str, str], paper: PaperFile, folders: Sequence[Path]) -> dict[str, Mapping[str, str]]:
    """The names an item is drawn with: the paper's that are in its runs, its own before them."""
    known = known_names([read_measured(folder) for folder in folders])
    return {"rename": {**{name: text for name, text in paper.rename.items() if name in known}, **own}}


def _data(paper: PaperFile, base: Path) -> Path | None:
    return None if paper.data is None else base / paper.data
