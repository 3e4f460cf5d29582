"""`evalkit run`: generate and score."""

from pathlib import Path
from typing import Annotated, Literal

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
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, help="Weights for the method.")
    ] = None,
    device: Annotated[
        str, typer.Option(help="auto, cpu, or cuda[:N]. auto takes a GPU for methods with networks.")
    ] = "auto",
    precision: Annotated[Literal["fp32", "fp16", "bf16"], typer.Option(help="Tables use fp32.")] = "fp32",
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="Store images pixel by pixel: faster on some devices.")
    ] = False,
    compile_: Annotated[
        bool, typer.Option("--compile", help="Run networks through torch.compile; needs a C++ compiler.")
    ] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An option of the method (`methods info`). Repeatable."),
    ] = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Seeded random networks: right for speed, wrong for scores.")
    ] = False,
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
    from evalkit.adapter import MethodConfig
    from evalkit.cli.console import pair_progress, print_json, say, warn_of_cache, worker_count
    from evalkit.cli.devices import resolve_device, resolve_scoring_device
    from evalkit.cli.results import exit_when_all_failed, print_results, report_failures
    from evalkit.coefficients import parse_folders
    from evalkit.device_pool import pool_on
    from evalkit.errors import EvalkitError
    from evalkit.methods import find_method, method_options
    from evalkit.protocol import find_protocol
    from evalkit.run import Settings, choose_metrics, resolve_pairs, run_method

    chosen = find_protocol(protocol)
    asked = [find_method(name) for name in dict.fromkeys(method)]
    names = {entry.card.id for entry in asked}
    beside = [find_method(name) for name in chosen.anchors if name not in names] if anchors else []
    choose_metrics(chosen, metric or ())
    brought = parse_folders(coefficients or ())
    pairs = resolve_pairs(chosen, data, missing_ok=subset == "missing-ok")
    warn_of_cache()
    finished = {}
    with pool_on(resolve_scoring_device(scoring_device), worker_count(workers)) as pool:
        for entry in [*beside, *asked]:
            mine, learned = entry in asked, entry.card.kind != "baseline"
            config = MethodConfig(
                device=resolve_device(device, entry.card),
                precision=precision,
                checkpoint=checkpoint if mine else None,
                random_weights=random_weights and learned,
                channels_last=channels_last and learned,
                compile=compile_ and learned,
                options=method_options(entry.card, option or () if mine else ()),
            )
            settings = Settings(
                data=data,
                out=out,
                tag=tag if mine else None,
                metrics=tuple(metric or ()),
                limit=limit,
                only=tuple(pair or ()),
                max_failures=max_failures,
                config=config,
                coefficients=brought,
            )
            total = min(limit or len(pairs), len(pair or pairs))
            with pair_progress(f"{chosen.id} / {entry.card.id}", total) as on_pair:
                try:
                    finished[entry.card.id] = run_method(chosen, entry, settings, pairs, pool, on_pair)
                except EvalkitError as error:
                    if mine:
                        raise
                    say(f"The anchor {entry.card.id} is left out: {error}")
    for entry in asked:
        report_failures(finished[entry.card.id])
    if as_json:
        summaries = [finished[entry.card.id].summary for entry in asked]
        print_json(summaries[0] if len(summaries) == 1 else summaries)
    else:
        print_results(list(finished.values()))
    exit_when_all_failed([finished[entry.card.id] for entry in asked])
