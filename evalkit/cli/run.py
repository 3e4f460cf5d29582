"""`evalkit run`: generate and score."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.completion import method_names


def run(
    protocol: options.ProtocolName,
    method: Annotated[
        list[str],
        typer.Option(
            "--method",
            "-M",
            metavar="NAME",
            help="A name from `evalkit methods list`, a folder, or an adapter file. Repeatable.",
            autocompletion=method_names,
        ),
    ],
    as_paper: options.As = None,
    data: options.DataRoot = None,
    out: options.OutFolder = Path("runs"),
    tag: options.Tag = None,
    checkpoint: options.Checkpoint = None,
    device: options.Devices = "auto",
    gpus: options.Gpus = None,
    engine: options.Engines = "local",
    address: options.Address = None,
    precision: options.Precision = "fp32",
    channels_last: options.ChannelsLast = False,
    compile_: options.Compile = False,
    option: options.MethodOptions = None,
    random_weights: options.RandomWeights = False,
    seed: options.Seed = 0,
    strict_commit: options.StrictCommit = False,
    metric: options.MetricNames = None,
    coefficients: options.Coefficients = None,
    limit: options.Limit = None,
    pair: options.PairIds = None,
    subset: options.Subset = "all",
    anchors: Annotated[bool, typer.Option(help="Also run the protocol's anchor methods, for comparison.")] = True,
    shard: options.Shards = None,
    max_failures: options.MaxFailures = None,
    workers: options.Workers = None,
    scoring_device: options.ScoringDevice = "cpu",
    as_json: options.Json = False,
) -> None:
    """Run methods over a protocol and score them.

    The same command continues a run that was stopped; a finished one is not computed again. Ends with exit code 1 when
    all pairs of a method failed.

    Example: `evalkit run --protocol demo_cross --method landmark_warp`

    Example: `evalkit run --protocol folder_self --data my_clips --method landmark_warp --as fsrt`
    """
    from evalkit.cli.console import print_json, warn_of_cache
    from evalkit.cli.echo import say
    from evalkit.cli.progress import pair_progress
    from evalkit.cli.results import (
        exit_when_all_failed,
        print_results,
        report_data,
        report_failures,
        report_notes,
    )
    from evalkit.protocol.schema import find_protocol
    from evalkit.records.json_record import content_of
    from evalkit.runs.choices import MethodChoice, RunChoice
    from evalkit.runs.forecast import forecast
    from evalkit.runs.run import run_methods
    from evalkit.runs.session import open_session

    how = MethodChoice(
        checkpoint,
        device,
        gpus,
        precision,
        channels_last,
        compile_,
        option,
        random_weights,
        seed,
        strict_commit,
        cluster=engine == "ray",
    )
    what = RunChoice(
        data,
        out,
        metric,
        coefficients,
        limit,
        pair,
        subset,
        max_failures,
        workers,
        scoring_device,
        shard,
        engine,
        address,
    )
    chosen = find_protocol(protocol, as_paper)
    asked = how.runs(method, tag)
    beside = how.anchors(chosen, asked) if anchors else []
    with open_session(chosen, what.settings([*beside, *asked], how.several, gpus), pair_progress) as session:
        warned = warn_of_cache()
        report_data(session)
        say(forecast(session, [job.name for job in (*beside, *asked)]))
        finished = run_methods(session, [*beside, *asked], say)
    if not warned:
        warn_of_cache()
    of_methods = finished[-len(asked) :]
    for run in of_methods:
        report_notes(run)
        report_failures(run)
    if as_json:
        summaries = [content_of(run.summary) for run in of_methods]
        print_json(summaries[0] if len(summaries) == 1 else summaries)
    else:
        print_results(finished)
    exit_when_all_failed(of_methods)
