"""`evalkit leaderboard verify`: is a submitted run what it says."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.leaderboard_folder import Folder, written


def verify(
    folder: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Submitted run folders.")],
    data: options.DataRoot = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", "-p", metavar="FILE", help="The protocol, where it is a file of yours."),
    ] = None,
    pairs: Annotated[
        str, typer.Option("--sample", metavar="N|all", help="How many pairs of each are scored again.")
    ] = "8",
    seed: Annotated[
        int | None,
        typer.Option("--sample-seed", min=0, help="Chooses these pairs. Default: a new one, which nobody can know."),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(min=0, help="How far a clip mean may differ, in units of the last digit that tables print."),
    ] = 0.5,
    max_file: Annotated[int, typer.Option("--max-file", metavar="MB", min=1, help="Largest file.")] = 2000,
    max_total: Annotated[int, typer.Option("--max-total", metavar="MB", min=1, help="All files.")] = 100_000,
    add_rows: Annotated[bool, typer.Option("--add", help="Add the row, as verified, where all is well.")] = False,
    trained_on: Annotated[
        list[str] | None,
        typer.Option(metavar="DATASET", help="For --add: as in `leaderboard add`. Repeatable."),
    ] = None,
    leaderboards: Folder = None,
    workers: options.Jobs = None,
    scoring_device: options.ScoringDevice = "cpu",
    as_json: options.Json = False,
) -> None:
    """Check submitted runs before they are added: files, digests, signatures, sums, and clips scored again.

    Nothing of a submission is run. Exit code 0: verified; 1: a check failed, nothing was added; 2: it cannot be
    verified here.

    Example: `evalkit leaderboard verify submissions/vox_self/mine --data vox --add`
    """
    import secrets
    from dataclasses import asdict

    from evalkit.base.processes import worker_count
    from evalkit.cli.console import print_json
    from evalkit.cli.echo import echo, say
    from evalkit.errors import EvalkitError
    from evalkit.leaderboard.board import add_entry
    from evalkit.leaderboard.entry import make_entry
    from evalkit.leaderboard.submitted import Limits
    from evalkit.leaderboard.verify import VerifyOptions, missed
    from evalkit.leaderboard.verify import verify as verified
    from evalkit.records.json_record import content_of

    if pairs != "all" and not (pairs.isdecimal() and int(pairs)):
        raise EvalkitError(f"--sample {pairs!r}: expected a number of pairs, or all.")
    chosen = VerifyOptions(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        pairs=None if pairs == "all" else int(pairs),
        data=data,
        protocol=protocol,
        tolerance=tolerance,
        limits=Limits(file_bytes=max_file * 10**6, total_bytes=max_total * 10**6),
        workers=worker_count(workers),
        scoring_device=scoring_device,
    )
    board = written(leaderboards) if add_rows else None
    results = []
    for one in folder:
        found = verified(one, chosen)
        record = found.record
        results.append(
            {
                "folder": str(one),
                "verified": record is not None,
                "checks": [asdict(check) for check in found.checks],
                "verification": content_of(record) if record else None,
            }
        )
        if not as_json:
            echo(f"{one}: {'verified' if record else 'NOT VERIFIED'}")
            for check in found.checks:
                echo(f"  {'ok  ' if check.passed else 'FAIL'}  {check.name}: {check.words}")
            if record:
                share = missed(record.of, len(record.pairs), 0.1)
                echo(f"        edits to a tenth of the pairs would be missed in {share:.1%} of such samples")
                for key, why in record.not_again.items():
                    echo(f"  note  {key} was not computed again: {why}")
                for line in record.environment:
                    echo(f"  note  {line}")
        if record and board is not None:
            entry = make_entry(one, board, trained_on, verification=record)
            add_entry(board, entry)
            say(str(entry.path))
    if as_json:
        print_json(results)
    if not all(result["verified"] for result in results):
        raise typer.Exit(1)
