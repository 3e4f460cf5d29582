"""`evalkit run`: generate and score."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options


def run(
    protocol: options.ProtocolName,
    method: Annotated[
        list[str],
        typer.Option(
            "--method", "-M", metavar="NAME", help="A name from `evalkit methods list`, or a folder. Repeatable."
        ),
    ],
    data: options.DataRoot = None,
    out: options.OutFolder = Path("runs"),
    tag: options.Tag = None,
    checkpoint: options.Checkpoint = None,
    device: options.Device = "auto",
    precision: options.Precision = "fp32",
    channels_last: options.ChannelsLast = False,
    compile_: options.Compile = False,
    option: options.MethodOptions = None,
    random_weights: options.RandomWeights = False,
    seed: options.Seed = 0,
    metric: options.MetricNames = None,
    coefficients: options.Coefficients = None,
    limit: options.Limit = None,
    pair: options.PairIds = None,
    subset: options.Subset = "all",
    anchors: Annotated[bool, typer.Option(help="Also run the protocol's anchor methods, for comparison.")] = True,
    max_failures: options.MaxFailures = None,
    workers: options.Workers = None,
    scoring_device: options.ScoringDevice = "cpu",
    as_json: options.Json = False,
) -> None:
    """Run methods over a protocol and score them.

    The same command continues a run that was stopped; a finished one is not computed again. Ends with exit code 1 when
    not one pair of a method succeeded.

    Example: `evalkit run --protocol demo_cross --method landmark_warp`
    """
    from dataclasses import replace

    from evalkit.cli.choices import MethodChoice, RunChoice
    from evalkit.cli.console import pair_progress, print_json, say, warn_of_cache
    from evalkit.cli.results import exit_when_all_failed, print_results, report_failures
    from evalkit.errors import EvalkitError
    from evalkit.method.find import find_method
    from evalkit.protocol.schema import find_protocol
    from evalkit.records.json_record import content_of
    from evalkit.runs.run import choose_metrics, resolve_pairs, run_method

    how = MethodChoice(
        checkpoint, device, precision, channels_last, compile_, tuple(option or ()), random_weights, seed
    )
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
    chosen = find_protocol(protocol)
    asked = [find_method(name) for name in dict.fromkeys(method)]
    names = {entry.card.id for entry in asked}
    beside = [find_method(name) for name in chosen.anchors if name not in names] if anchors else []
    choose_metrics(chosen, what.metric)
    settings = what.settings()
    pairs = resolve_pairs(chosen, data, missing_ok=subset == "missing-ok")
    warn_of_cache()
    finished = {}
    with what.pool() as pool:
        for entry in [*beside, *asked]:
            mine = entry in asked
            config = (how if mine else how.for_anchor()).config(entry)
            its_own = replace(settings, config=config, tag=tag if mine else None)
            with pair_progress(f"{chosen.id} / {entry.card.id}", what.total(len(pairs))) as on_pair:
                try:
                    finished[entry.card.id] = run_method(chosen, entry, its_own, pairs, pool, on_pair)
                except EvalkitError as error:
                    if mine:
                        raise
                    say(f"The anchor {entry.card.id} is left out: {error}")
    for entry in asked:
        report_failures(finished[entry.card.id])
    if as_json:
        summaries = [content_of(finished[entry.card.id].summary) for entry in asked]
        print_json(summaries[0] if len(summaries) == 1 else summaries)
    else:
        print_results(list(finished.values()))
    exit_when_all_failed([finished[entry.card.id] for entry in asked])
