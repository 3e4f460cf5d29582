"""`evalkit score`: metrics for outputs that somebody else's model made."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.types import Filter, Rgb


def score(
    protocol: options.ProtocolName,
    generated: Annotated[
        Path,
        typer.Option(
            "--generated", "-g", metavar="DIR", help="One `<pair>.mp4` or folder `<pair>` of frames per pair."
        ),
    ],
    name: Annotated[str, typer.Option("--name", "-n", metavar="NAME", help="Name of these outputs in tables.")],
    as_paper: options.As = None,
    data: options.DataRoot = None,
    out: options.OutFolder = Path("runs"),
    tag: options.Tag = None,
    metric: options.MetricNames = None,
    coefficients: options.Coefficients = None,
    limit: options.Limit = None,
    pair: options.PairIds = None,
    subset: options.Subset = "all",
    shard: options.Shards = None,
    max_failures: options.MaxFailures = None,
    workers: options.Workers = None,
    scoring_device: options.ScoringDevice = "cpu",
    engine: options.Engines = "local",
    address: options.Address = None,
    rgb: Annotated[
        Rgb | None,
        typer.Option(
            help="How frames of videos become RGB, in place of the protocol's rule: `accurate` as the file says, "
            "`swscale` as FFmpeg does by default. Numbers of two rules are never compared.",
            show_default="the protocol's",
        ),
    ] = None,
    files: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Which output is whose: columns pair,file; files below --generated. Default: by name."
        ),
    ] = None,
    skip_first: Annotated[
        int, typer.Option(min=0, metavar="N", help="Leave out the first N frames of outputs, such as the source frame.")
    ] = 0,
    whole_clips: Annotated[
        bool,
        typer.Option(
            "--whole-clips", help="Outputs have a frame for each frame of the driving clips: take the protocol's ones."
        ),
    ] = False,
    crop: Annotated[
        str | None,
        typer.Option(
            metavar="PART",
            help="Score this part of the frames: left-half, right-half, left-third, middle-third, right-third, "
            "K/N (the K-th of N pictures side by side), or x,y,w,h.",
        ),
    ] = None,
    resize: Annotated[
        Filter | None,
        typer.Option(help="Resize outputs of another size by this filter. It becomes part of the numbers' signatures."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Score existing outputs, matched to the protocol's pairs by name.

    `evalkit protocols pairs NAME` lists the pairs with their source and driving files, so that any model can make them.
    docs/outputs.md says which options the outputs of official demos need.

    Example: `evalkit score --protocol demo_cross --generated my_outputs --name mine`
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
    from evalkit.clips.panels import check_crop
    from evalkit.protocol.schema import find_protocol
    from evalkit.records.json_record import content_of
    from evalkit.records.output_rules import OutputRules
    from evalkit.runs.choices import RunChoice
    from evalkit.runs.forecast import forecast
    from evalkit.runs.foreign_clips import check_name, find_outputs
    from evalkit.runs.run import score_outputs
    from evalkit.runs.session import open_session

    check_name(name)
    if crop:
        check_crop(crop)
    rules = OutputRules(skip_first=skip_first, whole_clips=whole_clips, crop=crop, resize=resize)
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
    if rgb:
        chosen = chosen.model_copy(update={"rgb": rgb})
    with open_session(chosen, what.settings(), pair_progress) as session:
        warned = warn_of_cache()
        report_data(session)
        outputs = find_outputs(generated, session.pairs, rules, files, subset=subset != "all")
        for names, why in outputs.matched.passed_over():
            say(f"{len(names)} entries of {files or generated} {why}: {', '.join(names[:5])}")
        if missing := outputs.missing:
            say(f"{len(missing)} of {len(session.pairs)} pairs have no output: {', '.join(missing[:5])}")
        say(forecast(session, [name + (f"@{tag}" if tag else "")]))
        finished = score_outputs(session, outputs, name, tag)
    if not warned:
        warn_of_cache()
    report_notes(finished)
    report_failures(finished)
    if as_json:
        print_json(content_of(finished.summary))
    else:
        print_results([finished])
    exit_when_all_failed([finished])
