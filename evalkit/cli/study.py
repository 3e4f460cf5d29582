"""`evalkit study`: make a user study from runs, collect answers, count them."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options

app = typer.Typer(help="User studies: randomised pairs of clips, answers of people, preferences.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What `evalkit study make` wrote.")]

QUESTION = "Which clip shows the person in the picture moving as in the driving clip, and looks more real?"


@app.command()
def make(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Finished run folders, of at least two methods.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder for the study.")],
    data: options.DataRoot = None,
    ours: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="Compare this method with each other one. Default: all with all."),
    ] = None,
    question: Annotated[str, typer.Option(metavar="TEXT", help="What raters are asked.")] = QUESTION,
    raters: Annotated[int, typer.Option(min=1, help="Number of raters; each gets a token.")] = 10,
    per_rater: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Trials per rater, checks not counted. Default: all, at most 40."),
    ] = None,
    scenes: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Scenes per protocol, drawn by the seed. Default: all.")
    ] = None,
    pair: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this pair. Repeatable.")] = None,
    checks: Annotated[int, typer.Option(min=0, help="Attention checks per rater: one clip is ruined.")] = 3,
    max_missed: Annotated[int, typer.Option(min=0, help="Raters who miss more checks than this are left out.")] = 0,
    fps: Annotated[
        float | None, typer.Option(min=1, help="Frames per second, if the clips' own rate is wrong.")
    ] = None,
    protocol: Annotated[
        list[Path] | None,
        typer.Option(
            "--protocol", "-p", metavar="FILE", help="A protocol of your own that has a pair list. Repeatable."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed makes the same study. Default: a secret one.")
    ] = None,
) -> None:
    """Make a user study: a page for raters, their tokens, and the key that stays with you.

    Example: `evalkit study make runs/demo_cross/* --ours landmark_warp --out study`
    """
    import secrets

    from evalkit.cli.echo import say
    from evalkit.cli.progress import pair_progress
    from evalkit.study.entrants import read_entrants
    from evalkit.study.folder import StudyFolder
    from evalkit.study.make import Plan, draft_study, write_draft

    groups, title = read_entrants(runs, ours, data, protocol or ())
    plan = Plan(
        ours=title,
        question=question,
        seed=secrets.randbits(64) if seed is None else seed,
        raters=raters,
        per_rater=per_rater,
        checks=checks,
        max_missed=max_missed,
        scenes=scenes,
        only=tuple(pair or ()),
        fps=fps,
    )
    draft = draft_study(groups, plan)
    with pair_progress("encode", len(draft.media)) as on_medium:
        write_draft(draft, out, on_medium)
    study, folder = draft.study, StudyFolder(out)
    for left in study.left_out:
        say(f"Left out: {left.protocol} {left.pair}: {left.reason}")
    say(f"{len(study.trials)} trials on {len(study.scenes)} scenes for {study.raters} raters.")
    say(f"Tokens: {folder.raters}. Key: {folder.key} (keep both to yourself). Page: {folder.page / 'index.html'}")


@app.command()
def serve(
    study: Folder,
    host: Annotated[str, typer.Option(help="The address to listen on. 0.0.0.0 accepts other machines.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8788,
    public_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A host name under which raters reach it, such as study.example.org. Repeatable."
        ),
    ] = None,
) -> None:
    """Serve the page and collect answers into answers.sqlite, until Ctrl-C. Stop and start it as you like.

    Requests by IP address or as localhost are always answered; for any other name say --public-name.
    """
    from evalkit.cli.echo import say
    from evalkit.cli.interrupt import Interrupted
    from evalkit.errors import StudyError
    from evalkit.study.folder import StudyFolder
    from evalkit.study.server import StudyServer
    from evalkit.study.visitors import is_host_name

    for name in public_name or ():
        if not is_host_name(name):
            raise StudyError(f"--public-name {name!r}: expected a host name without http:// and port.")
    folder = StudyFolder(study)
    try:
        with StudyServer(folder, host, port, public_name or (), say) as server:
            shown = f"[{host}]" if ":" in host else host
            say(f"Serving {study} on http://{shown}:{server.server_port}/#TOKEN (tokens: {folder.raters})")
            server.serve_forever()
    except Interrupted:
        say("Stopped. Answers are kept.")


@app.command()
def score(
    study: Folder,
    answers: Annotated[
        list[Path] | None, typer.Argument(metavar="ANSWERS.json...", help="Files that raters saved.")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="markdown, latex, csv or json.")] = "markdown",
    style: Annotated[
        str, typer.Option(help="full: with intervals and strengths. paper: only the table of papers.")
    ] = "full",
    standalone: Annotated[bool, typer.Option("--standalone", help="LaTeX that compiles by itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything that was counted, unrounded.")] = False,
) -> None:
    """Count votes: preference, scenes won, intervals, Bradley-Terry strengths, agreement of raters.

    Counted is what the server stored and what the files hold; what does not belong is refused, and counted too.
    """
    from dataclasses import asdict

    from evalkit.cli.console import print_json
    from evalkit.cli.echo import say
    from evalkit.cli.printing import print_tables
    from evalkit.errors import UnknownNameError
    from evalkit.study import score as counting
    from evalkit.study.folder import StudyFolder, read_study, read_tokens
    from evalkit.study.tables import all_tables, count_line, paper_tables
    from evalkit.study.votes import gather

    styles = {"full": all_tables, "paper": paper_tables}
    if style not in styles:
        raise UnknownNameError("style of study tables", style, styles)
    folder = StudyFolder(study)
    found = read_study(folder)
    results = counting.score(found, gather(folder, found, read_tokens(folder), answers or ()))
    if as_json:
        print_json(asdict(results))
    else:
        print_tables(styles[style](found, results), format, paper=True, standalone=standalone)
    say(f"Counted: {count_line(results)}.")
