"""`evalkit leaderboard`: rows of measured results, numbers of papers, and the two side by side."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.leaderboard_folder import Folder, papers_of, readable, written
from evalkit.cli.leaderboard_verify import verify

app = typer.Typer(help="Leaderboards: measured rows, and the numbers printed in papers.", no_args_is_help=True)
app.command()(verify)
Format = Annotated[str, typer.Option("--format", "-f", help="markdown, latex, csv or json.")]


@app.command()
def add(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Finished run folders.")],
    leaderboards: Folder = None,
    trained_on: Annotated[
        list[str] | None,
        typer.Option(metavar="DATASET", help="Datasets the method was trained on, if it has no card. Repeatable."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Add a run that fails the checks: it is marked and not ranked.")
    ] = False,
) -> None:
    """Add runs to the leaderboards of their protocols, one JSON file each. Then `evalkit leaderboard render`.

    Refused are limited or partial runs, runs of changed code or random weights, numbers with low coverage, and runs
    that cannot be compared with the rows there.
    """
    from evalkit.cli.echo import say
    from evalkit.leaderboard.board import add_entry
    from evalkit.leaderboard.entry import make_entry

    folder = written(leaderboards)
    for run in runs:
        entry = make_entry(run, folder, trained_on, force=force)
        add_entry(folder, entry, force=force)
        say(f"{entry.path}" + (f": not ranked ({'; '.join(entry.flags)})" if entry.flags else ""))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A protocol with rows, or a paper, such as fsrt.")],
    table: Annotated[str | None, typer.Option(metavar="N", help="For a paper: only this table.")] = None,
    reported: Annotated[
        list[str] | None,
        typer.Option(metavar="PAPER:N", help="For a protocol: a paper's rows below, not ranked. Repeatable."),
    ] = None,
    format: Format = "markdown",
    standalone: Annotated[bool, typer.Option("--standalone", help="LaTeX that compiles by itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    leaderboards: Folder = None,
) -> None:
    """Print the leaderboard of a protocol, or the tables of a paper, in the layout of papers.

    Example: `evalkit leaderboard show fsrt --table 1 --format latex --standalone`
    """
    from evalkit.cli.printing import print_tables
    from evalkit.errors import RunError
    from evalkit.leaderboard.board import board_table, read_board, with_papers
    from evalkit.tables.make import paper_table
    from evalkit.tables.paper_tables import published_table
    from evalkit.tables.papers import list_papers

    folder = readable(leaderboards)
    papers = {paper.id: paper for paper in list_papers(papers_of(leaderboards))}
    paper = papers.get(name.lower())
    if paper is not None:
        tables = [published_table(paper, number) for number in ([table] if table else paper.card.tables)]
    elif table is not None:
        raise RunError(
            f"--table works for papers only ({', '.join(papers) or 'none are here'}); {name!r} is not one of them."
        )
    else:
        beside = [paper_table(one, papers_of(leaderboards)) for one in reported or ()]
        tables = [with_papers(board_table(read_board(folder, name)), beside)]
    print_tables(tables, "json" if as_json else format, paper=True, standalone=standalone)


@app.command()
def render(
    leaderboards: Folder = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 when README.md is not up to date.")
    ] = False,
) -> None:
    """Write the leaderboards' README.md and Pareto figures from their files."""
    from evalkit.base.extras import missing_library
    from evalkit.cli.echo import say
    from evalkit.errors import EvalkitError
    from evalkit.leaderboard.board import list_boards
    from evalkit.leaderboard.render import render as rendered
    from evalkit.leaderboard.render import write_rendered

    folder = written(leaderboards)
    if check:
        readme = folder / "README.md"
        if not readme.is_file() or readme.read_text(encoding="utf-8") != rendered(folder):
            say(f"{readme} is out of date. Run `evalkit leaderboard render`.")
            raise typer.Exit(1)
        return
    for board in list_boards(folder):
        try:
            from evalkit.figures.files import save_figure
            from evalkit.leaderboard.pareto import board_figure

            save_figure(board_figure(board), folder / board.protocol / "pareto.png")
        except (EvalkitError, ImportError) as error:
            say(f"No Pareto figure: {missing_library(error) or error}")
    say(str(write_rendered(folder)))


@app.command()
def pareto(
    protocol: Annotated[str, typer.Argument(metavar="PROTOCOL", help="A protocol with rows.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .pdf, .svg or .png file.")],
    identity: Annotated[
        str | None, typer.Option(metavar="METRIC", help="Metric on the x axis. Default: the first CSIM.")
    ] = None,
    motion: Annotated[
        str | None, typer.Option(metavar="METRIC", help="Metric on the y axis. Default: the first AED, APD or AKD.")
    ] = None,
    leaderboards: Folder = None,
) -> None:
    """Plot identity against motion and speed, with the Pareto front marked."""
    from evalkit.cli.echo import say
    from evalkit.figures.files import save_figure
    from evalkit.leaderboard.board import read_board
    from evalkit.leaderboard.pareto import board_figure

    save_figure(board_figure(read_board(readable(leaderboards), protocol), identity, motion), out)
    say(str(out))


@app.command()
def reproduce(
    paper: Annotated[str, typer.Argument(metavar="PAPER", help="sfd, fsrt, g3fa, magicportrait, ...")],
    table: Annotated[str | None, typer.Option(metavar="N", help="Only this table.")] = None,
    runs: options.OutFolder = Path("runs"),
    leaderboards: Folder = None,
    as_json: options.Json = False,
) -> None:
    """Print a paper's numbers beside ours: reported, measured, difference, and what is not comparable and why.

    Measured numbers come from the run folders in --out and from the leaderboards.
    """
    from dataclasses import asdict

    from evalkit.cli.console import print_json
    from evalkit.cli.printing import print_comparisons
    from evalkit.leaderboard.reproduce import find_results
    from evalkit.leaderboard.reproduce import reproduce as compare
    from evalkit.tables.papers import find_paper

    found = find_paper(paper, papers_of(leaderboards))
    tables = [table] if table else list(found.card.tables)
    comparisons = compare(found, tables, find_results(runs, readable(leaderboards)))
    if as_json:
        print_json({"paper": found.id, "numbers": [asdict(c) for c in comparisons], "unstated": found.card.unstated})
    else:
        print_comparisons(found, comparisons)
