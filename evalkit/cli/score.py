"""`evalkit score`: metrics for outputs that somebody else's model made."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options


def score(
    protocol: options.ProtocolName,
    generated: Annotated[
        Path,
        typer.Option(
            "--generated", "-g", metavar="DIR", help="One `<pair>.mp4` or folder `<pair>` of frames per pair."
        ),
    ],
    name: Annotated[str, typer.Option("--name", "-n", metavar="NAME", help="What to call these outputs in tables.")],
    data: options.DataRoot = None,
    out: options.OutFolder = Path("runs"),
    tag: options.Tag = None,
    metric: options.MetricNames = None,
    coefficients: options.Coefficients = None,
    limit: options.Limit = None,
    pair: options.PairIds = None,
    subset: options.Subset = "all",
    max_failures: options.MaxFailures = None,
    workers: options.Workers = None,
    scoring_device: options.ScoringDevice = "cpu",
    as_json: options.Json = False,
) -> None:
    """Score existing outputs, matched to the protocol's pairs by name.

    `evalkit protocols pairs NAME` lists the pairs with their source and driving files, so that any model can make them.

    Example: `evalkit score --protocol demo_cross --generated my_outputs --name mine`
    """
    from evalkit.cli.choices import RunChoice
    from evalkit.cli.console import pair_progress, print_json, say, warn_of_cache
    from evalkit.cli.results import exit_when_all_failed, print_results, report_failures
    from evalkit.protocol.schema import find_protocol
    from evalkit.records.json_record import content_of
    from evalkit.runs.foreign_clips import check_name, find_outputs
    from evalkit.runs.run import resolve_pairs, score_outputs

    check_name(name)
    chosen = find_protocol(protocol)
    pairs = resolve_pairs(chosen, data, missing_ok=subset == "missing-ok")
    warn_of_cache()
    outputs = find_outputs(generated, pairs)
    if outputs.extra:
        say(f"{len(outputs.extra)} entries of {generated} fit no pair and are left out: {', '.join(outputs.extra[:5])}")
    if outputs.missing:
        say(f"{len(outputs.missing)} of {len(pairs)} pairs have no output: {', '.join(outputs.missing[:5])}")
    what = RunChoice(
        data=data,
        out=out,
        tag=tag,
        max_failures=max_failures,
        coefficients=tuple(coefficients or ()),
        workers=workers,
        scoring_device=scoring_device,
        metric=tuple(metric or ()),
        limit=limit,
        pair=tuple(pair or ()),
    )
    settings = what.settings()
    with what.pool() as pool, pair_progress(f"{chosen.id} / {name}", what.total(len(pairs))) as on_pair:
        finished = score_outputs(chosen, outputs, name, settings, pairs, pool, on_pair)
    report_failures(finished)
    if as_json:
        print_json(content_of(finished.summary))
    else:
        print_results([finished])
    exit_when_all_failed([finished])
