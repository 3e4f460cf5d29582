"""`evalkit gate`: an exit code for CI; `gate save`: a baseline file; `gate power`: what can be proven."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from evalkit.cli import options
from evalkit.cli.completion import metric_names
from evalkit.cli.echo import echo

app = typer.Typer(invoke_without_command=True, no_args_is_help=True)

BaselinePath = Annotated[
    Path | None,
    typer.Option("--baseline", "-b", metavar="RUN|JSON", help="A run folder, a baseline file, or a leaderboard entry."),
]
CandidatePath = Annotated[Path | None, typer.Option("--candidate", "-c", metavar="RUN", help="A run folder.")]
RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", metavar="YAML", help="Rules per metric (docs/gate.md). The defaults suit most uses."),
]

WITHOUT_A_RUN = {"baseline", "candidate", "rules", "data", "stage", "markdown", "junit", "strips", "link_base"}
WITHOUT_A_RUN |= {"history", "commit", "github", "quiet", "verbose", "plugin", "as_json", "by", "attributes"}
"""Options that apply to a finished candidate; all others say how to run one now."""


@app.callback()
def gate(
    context: typer.Context,
    baseline: BaselinePath = None,
    candidate: CandidatePath = None,
    rules: RulesFile = None,
    protocol: Annotated[
        str | None, typer.Option("--protocol", "-p", metavar="NAME", help="Run the candidate now: its protocol.")
    ] = None,
    as_paper: options.As = None,
    method: Annotated[
        str | None, typer.Option("--method", "-M", metavar="NAME", help="Run the candidate now: its method.")
    ] = None,
    checkpoint: options.Checkpoint = None,
    data: options.DataRoot = None,
    out: options.OutFolder = Path("runs"),
    tag: options.Tag = None,
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
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="NAME",
            help="Judge only this metric of the baseline. Repeatable.",
            autocompletion=metric_names,
        ),
    ] = None,
    coefficients: options.Coefficients = None,
    limit: options.Limit = None,
    pair: options.PairIds = None,
    subset: options.Subset = "all",
    anchors: Annotated[bool, typer.Option(help="Also run the protocol's anchor methods.")] = False,
    max_failures: options.MaxFailures = None,
    workers: options.Workers = None,
    scoring_device: options.ScoringDevice = "cpu",
    stage: Annotated[
        Literal["full", "quick"],
        typer.Option(help="quick: a quarter of the pairs, half, then all of them; stops when the verdict is certain."),
    ] = "full",
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a pull-request comment.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    strips: Annotated[Path | None, typer.Option(metavar="DIR", help="Write pictures of the worst pairs.")] = None,
    link_base: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of the published strips, for links in the comment.")
    ] = None,
    history: Annotated[Path | None, typer.Option(metavar="FILE", help="Append the verdict to this history.")] = None,
    commit: Annotated[str | None, typer.Option(help="The commit in the history. Default: of CI, or HEAD here.")] = None,
    github: Annotated[bool, typer.Option("--github", help="Print annotations for GitHub Actions.")] = False,
    by: options.Groups = None,
    attributes: options.Attributes = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the exit code.")] = False,
    as_json: options.Json = False,
) -> None:
    """Compare a checkpoint with a baseline, pair by pair.

    Exit codes: 0 pass (shown not worse), 1 regression, 2 usage error, 3 not proven or could not measure, 4 not
    comparable, 70 a bug in evalkit.

    Example: `evalkit gate --baseline baseline.json --candidate runs/demo_cross/landmark_warp`

    Example: `evalkit gate --baseline baseline.json --protocol demo_gate --method mine --checkpoint new.pth`
    """
    if context.invoked_subcommand is not None:
        return
    _check_form(context, baseline, candidate, protocol, method)
    assert baseline is not None
    from evalkit.cli.echo import say
    from evalkit.cli.gate_report import ReportFiles, report
    from evalkit.cli.progress import pair_progress
    from evalkit.gating import history as store
    from evalkit.gating.candidate import gate_candidate
    from evalkit.gating.rules import read_rules
    from evalkit.gating.side import read_side
    from evalkit.gating.slice_losses import with_groups
    from evalkit.gating.verdict import gate as compare
    from evalkit.protocol.schema import find_protocol
    from evalkit.runs.choices import MethodChoice, RunChoice

    judged_by, there = read_rules(rules), read_side(baseline)
    if candidate is not None:
        here = read_side(candidate)
        verdict = compare(there, here, judged_by)
    else:
        assert protocol is not None and method is not None
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
            engine=engine,
            address=address,
        )
        chosen = find_protocol(protocol, as_paper)
        job = how.runs([method], tag)[0]
        verdict, here = gate_candidate(
            there,
            judged_by,
            chosen,
            job,
            what.settings([job], how.several, gpus),
            pair_progress,
            say,
            stage == "quick",
            how.anchors(chosen, [job]) if anchors else (),
        )
    if by:
        verdict = with_groups(verdict, there, here, by, attributes, data)
    outputs = ReportFiles(markdown, junit, strips, data, link_base, as_json, github, quiet)
    report(verdict, there, here, outputs, os.environ.get("GITHUB_STEP_SUMMARY"))
    if history is not None:
        store.append(history, verdict.record(), commit or store.current_commit(Path()))
    raise typer.Exit(verdict.exit_code)


@app.command()
def save(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished, complete run folder.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON file to write, for git.")],
) -> None:
    """Write what a gate needs of a run into one file: numbers per pair, identities, signatures, hashes.

    Example: `evalkit gate save runs/demo_cross/landmark_warp baseline.json`
    """
    from evalkit.cli.echo import say
    from evalkit.gating.baseline import save_baseline
    from evalkit.gating.side import read_side

    save_baseline(read_side(run), file)
    say(f"Baseline: {file}")


@app.command()
def power(
    baseline: Annotated[Path, typer.Option("--baseline", "-b", metavar="RUN|JSON", help="One checkpoint.")],
    candidate: Annotated[
        Path, typer.Option("--candidate", "-c", metavar="RUN", help="Another run, different by seed or epoch.")
    ],
    effect: Annotated[
        list[str] | None,
        typer.Option("--effect", "-e", metavar="METRIC=LOSS", help="A loss to detect: csim=0.01, akd=2%. Repeatable."),
    ] = None,
    rules: RulesFile = None,
    chance: Annotated[float, typer.Option(min=0.5, max=0.999, help="The probability of detecting it.")] = 0.95,
    as_json: options.Json = False,
) -> None:
    """Say which margin the people of a protocol can prove, and how many clips a wanted sensitivity needs.

    How much two runs differ pair by pair decides. Rules with margins that can be proven are proposed.

    Example: `evalkit gate power -b runs/demo_cross/a -c runs/demo_cross/b --effect csim=0.01`
    """
    from dataclasses import asdict

    from rich.markup import escape

    from evalkit.cli.console import print_grid, print_json
    from evalkit.gating.needs import SIZES, needs, proposed_rules, provable
    from evalkit.gating.rules import read_rules
    from evalkit.gating.side import read_side

    there, here, judged_by = read_side(baseline), read_side(candidate), read_rules(rules)
    wanted = needs(there, here, judged_by, effect or (), chance)
    margins = provable(there, here, judged_by)
    proposed = proposed_rules(margins, judged_by)
    if as_json:
        effects = [{"id": row.metric, **asdict(row)} for row in wanted]
        proven = [{"id": row.metric, **asdict(row)} for row in margins]
        print_json({"effects": effects, "margins": proven, "rules": proposed})
        return
    if wanted:
        columns = ("Metric", "Loss", "Tolerated", "Spread", "n now", "Detectable now", "Clips needed", "People needed")
        print_grid(columns, [[escape(cell) for cell in row.cells()] for row in wanted])
    names = ("Metric", "Spread", "People", "Margin in use", "Can prove", *(f"{people} people" for people in SIZES))
    print_grid(names, [[escape(cell) for cell in row.cells()] for row in margins])
    echo(
        "Can prove: the margin within which an equal checkpoint is shown with a chance of 90 %; beside it, with other "
        "numbers of people. Rules with which an equal checkpoint is shown in all metrics at once with that chance:"
    )
    echo(proposed)


def _check_form(
    context: typer.Context, baseline: Path | None, candidate: Path | None, protocol: str | None, method: str | None
) -> None:
    """Raise `EvalkitError` for a command that names no candidate, or two, or says how to run one that was run."""
    from evalkit.errors import EvalkitError

    if baseline is None:
        raise EvalkitError("--baseline is missing: a run folder, a baseline file or a leaderboard entry.")
    if candidate is None and not (protocol and method):
        raise EvalkitError("Give --candidate RUN, or --protocol and --method to run the candidate now.")
    if candidate is not None and (protocol or method or context.params["stage"] == "quick"):
        raise EvalkitError("Give --candidate, or --protocol and --method to run it now, not both.")
    given = [parameter.opts[0] for parameter in context.command.params if _is_about_running(context, parameter.name)]
    if candidate is not None and given:
        raise EvalkitError(
            f"{candidate} is a finished run, so {', '.join(given)} would have no effect. Leave that out, or give "
            "--protocol and --method instead of --candidate."
        )
    chosen = context.params["limit"] or context.params["pair"]
    if context.params["stage"] == "quick" and chosen:
        raise EvalkitError("--stage quick chooses the pairs itself. Leave out --limit and --pair, or --stage quick.")


def _is_about_running(context: typer.Context, name: str | None) -> bool:
    """Whether an option was given that says how to run a candidate."""
    source = context.get_parameter_source(name or "")
    return name not in WITHOUT_A_RUN and source is not None and source.name == "COMMANDLINE"
