"""`evalkit data`: datasets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalkit.cli import options
from evalkit.cli.completion import dataset_names
from evalkit.cli.echo import echo

if TYPE_CHECKING:
    from evalkit.datasets import Dataset
    from evalkit.datasets.found import Found
    from evalkit.datasets.prepare.build import Prepared
    from evalkit.datasets.prepare.check import Checked
    from evalkit.datasets.prepare.jobs import Recipe

app = typer.Typer(help="Datasets: what they are, how to get them, and what is there.", no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A name from `evalkit data list`.",
        autocompletion=dataset_names,
    ),
]
Lists = Annotated[
    Path | None, typer.Option("--lists", metavar="PATH", help="The official lists: see `evalkit data list`.")
]
Split = Annotated[
    str | None, typer.Option(metavar="NAME", help="Part of the dataset; the default is what evaluation needs.")
]
_SHOWN = 20


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the datasets."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.cli.plugins import say_broken
    from evalkit.datasets import DATASETS

    say_broken(DATASETS.broken())
    datasets = list(DATASETS.values())
    if as_json:
        keys = ("id", "title", "licence", "size", "obtain")
        print_json([{key: getattr(d, key) for key in keys} | _words(d) for d in datasets])
    else:
        rows = [[d.id, d.title, d.size, d.licence, d.obtain] for d in datasets]
        print_list(["Dataset", "Title", "Size", "Licence", "How to get it"], rows)


@app.command()
def show(name: Name, as_json: options.Json = False) -> None:
    """Show everything that is known of a dataset: licence, size, how to get it, its lists and parts, its protocols.

    Example: `evalkit data show hdtf`
    """
    from evalkit.cli.console import print_json
    from evalkit.datasets import DATASETS
    from evalkit.protocol.schema import list_protocols

    dataset = DATASETS[name]
    recipe = dataset.recipe
    facts = {
        "Dataset": f"{dataset.id}: {dataset.title}",
        "Size": dataset.size,
        "Licence": dataset.licence,
        "How to get it": dataset.obtain,
        "Lists": recipe.lists if recipe else "",
        "Downloads": recipe.raw if recipe else "",
        "Parts": ", ".join(recipe.splits) if recipe else "",
        "Protocols": ", ".join(one.id for one in list_protocols() if one.dataset == name),
    }
    if as_json:
        print_json({"id": dataset.id, **{what.lower().replace(" ", "_"): text for what, text in facts.items()}})
        return
    for what, text in facts.items():
        if text:
            echo(f"{what + ':':<15}{text}")


@app.command()
def check(
    name: Name,
    root: Annotated[
        Path | None,
        typer.Option("--data", "-d", "--root", metavar="DIR", help="The prepared data. The demo corpus needs none."),
    ] = None,
    lists: Lists = None,
    split: Split = None,
    quick: Annotated[bool, typer.Option("--quick", help="Decode only the first frame of every clip.")] = False,
    workers: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """Report what is present, missing, unreadable, or of the wrong size or length, and which protocols can run.

    Ends with exit code 1 when anything is wrong. With --lists, clips of the official list that are absent are named.
    """
    from evalkit.base.processes import worker_count
    from evalkit.cli.console import print_json
    from evalkit.cli.progress import pair_progress
    from evalkit.datasets import DATASETS
    from evalkit.datasets.prepare.check import check as check_root
    from evalkit.protocol.schema import list_protocols

    dataset = DATASETS[name]
    folder = dataset.resolve_root(root)
    look = dataset.look(folder)
    clips = look.clips
    expected = [job.id for job in _recipe(dataset).read(lists, None, _split(dataset, split)).jobs] if lists else []
    protocols = [protocol for protocol in list_protocols() if protocol.dataset == name]
    with pair_progress(f"check {name}", look.counts["clips"]) as on_clip:
        found = check_root(
            folder,
            clips,
            dataset.recipe,
            protocols,
            expected,
            quick=quick,
            workers=worker_count(workers),
            on_clip=on_clip,
        )
    if as_json:
        print_json(_as_json(name, folder, found, look))
    else:
        _print_check(found, look, compared=lists is not None or not (dataset.recipe and dataset.recipe.listed))
    if not found.is_whole:
        raise typer.Exit(1)


@app.command()
def prepare(
    name: Name,
    raw: Annotated[Path, typer.Option("--raw", metavar="DIR", help="The videos you downloaded, at any depth.")],
    root: Annotated[Path, typer.Option("--data", "-d", "--root", metavar="DIR", help="Where the prepared clips go.")],
    lists: Lists = None,
    split: Split = None,
    video: Annotated[bool, typer.Option("--video", help="Lossless .mp4 files instead of folders of PNG.")] = False,
    redetect: Annotated[
        bool,
        typer.Option("--redetect", help="Find the face in your rendition instead of taking the listed box (hdtf)."),
    ] = False,
    workers: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """Cut your downloads into the clips of the official lists.

    The same command continues where it was stopped and touches nothing that is finished. Ends with exit code 1 when no
    clip was made.

    Example: `evalkit data prepare voxceleb1 --raw downloads --lists vox-metadata.csv --data vox`
    """
    from evalkit.base.processes import worker_count
    from evalkit.cli.console import print_json
    from evalkit.cli.progress import pair_progress
    from evalkit.datasets import DATASETS
    from evalkit.datasets.prepare.build import Settings
    from evalkit.datasets.prepare.build import prepare as prepare_root

    dataset = DATASETS[name]
    recipe, part = _recipe(dataset), _split(dataset, split)
    if redetect:
        recipe = _redetecting(dataset)
    settings = Settings(raw, root, lists, part, images=not video, workers=worker_count(workers))
    total = len(recipe.read(lists, raw, part).jobs)
    with pair_progress(f"prepare {name}", total) as on_clip:
        done = prepare_root(name, recipe, settings, on_clip)
    if as_json:
        print_json(_prepared_json(done))
    else:
        _print_prepared(done, total)
    if not (done.made or done.kept):
        raise typer.Exit(1)


@app.command()
def commands(name: Name, lists: Lists = None, split: Split = None, as_json: options.Json = False) -> None:
    """Write what to fetch, as CSV on stdout: address, seconds, rendition, and the name to save it under.

    evalkit downloads no videos. Example: `evalkit data commands voxceleb1 --lists vox-metadata.csv > fetch.csv`
    """
    from dataclasses import asdict

    from evalkit.cli.console import print_csv, print_json
    from evalkit.cli.echo import say
    from evalkit.datasets import DATASETS
    from evalkit.datasets.prepare.commands import fetch_list
    from evalkit.errors import DatasetError

    dataset = DATASETS[name]
    listing = _recipe(dataset).read(lists, None, _split(dataset, split))
    without = [remark for remark in listing.remarks if remark.kind != "odd"]
    if not listing.jobs:
        first = f" The first: {without[0].clip}: {without[0].reason} ({without[0].where})." if without else ""
        raise DatasetError(f"--lists {lists}: nothing to fetch. {len(without)} rows of the list make no clip.{first}")
    rows = [asdict(fetch) for fetch in fetch_list(listing.jobs)]
    say(f"{len(rows)} videos for {len(listing.jobs)} clips; {len(without)} rows of the list make no clip.")
    if as_json:
        print_json(rows)
        return
    print_csv(rows)


def _words(dataset: "Dataset") -> dict[str, object]:
    recipe = dataset.recipe
    return {"lists": recipe.lists, "raw": recipe.raw, "splits": recipe.splits} if recipe else {}


def _recipe(dataset: "Dataset") -> "Recipe":
    from evalkit.errors import DatasetError

    if dataset.recipe is None:
        raise DatasetError(f"The dataset {dataset.id!r} has no official lists to prepare from. {dataset.obtain}")
    return dataset.recipe


def _redetecting(dataset: "Dataset") -> "Recipe":
    from dataclasses import replace

    from evalkit.errors import DatasetError

    recipe = _recipe(dataset)
    if recipe.redetect is None:
        raise DatasetError(
            f"The lists of {dataset.id!r} have no use for --redetect; only hdtf's say how to find a face."
        )
    return replace(recipe, read=recipe.redetect)


def _split(dataset: "Dataset", asked: str | None) -> str:
    from evalkit.errors import UnknownNameError

    known = _recipe(dataset).splits
    if asked is not None and asked not in known:
        raise UnknownNameError(f"part of {dataset.id}", asked, known)
    return asked or known[0]


def _as_json(name: str, root: Path, found: "Checked", look: "Found") -> dict[str, object]:
    from dataclasses import asdict

    ignored = None if look.ignored is None else [asdict(one) for one in look.ignored]
    beside = {"portraits": look.counts["portraits"], "ignored": ignored, "taken": look.taken}
    return {"dataset": name, "root": str(root), "whole": found.is_whole, **asdict(found), **beside}


def _print_check(found: "Checked", look: "Found", compared: bool) -> None:
    """`compared` is false when official lists exist and were not given: the manifest alone tells what is missing."""
    if look.ignored is None:
        echo(f"{found.clips} clips are there.")
    else:
        for line in look.lines():
            echo(line)
    for title in ("missing", "unreadable", "wrong_size", "wrong_length"):
        findings = getattr(found, title)
        words = title.replace("_", " ")
        if title == "missing" and not compared:
            words += " of those in manifest.csv; --lists PATH compares with the official lists"
        echo(f"{len(findings)} {words}{':' if findings else ''}")
        for finding in findings[:_SHOWN]:
            echo(f"  {finding.clip}: {finding.reason}")
        if len(findings) > _SHOWN:
            echo(f"  ... and {len(findings) - _SHOWN} more; --json lists all")
    for share in found.protocols:
        total = "" if share.pairs is None else f" of {share.pairs} ({share.can_run / share.pairs:.0%})"
        echo(f"{share.protocol}: {share.can_run}{total} pairs can run. {share.reason}".rstrip())


def _prepared_json(done: "Prepared") -> dict[str, object]:
    from dataclasses import asdict

    return {
        "made": done.made,
        "kept": done.kept,
        "not_made": [asdict(remark) for remark in done.not_made],
        "report": str(done.report),
        "frames": done.frames,
        "frames_per_second_per_core": round(done.frames / done.seconds, 1) if done.seconds else None,
    }


def _print_prepared(done: "Prepared", total: int) -> None:
    echo(f"{done.made} made, {done.kept} kept, {len(done.not_made)} not made, of {total} clips.")
    for remark in done.not_made[:_SHOWN]:
        echo(f"  {remark.clip}: {remark.reason}" + (f" ({remark.where})" if remark.where else ""))
    if len(done.not_made) > _SHOWN:
        echo(f"  ... and {len(done.not_made) - _SHOWN} more")
    if done.seconds:
        echo(f"{done.frames} frames decoded, {done.frames / done.seconds:.0f} frames per second per core.")
    if not (done.made or done.kept):
        echo("No clip was made; the report gives the reasons.")
    echo(f"Report:   {done.report}")
    echo(f"Manifest: {done.report.parent / 'manifest.csv'}")
