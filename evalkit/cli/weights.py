"""`evalkit weights`: the networks' files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evalkit.cli import options
from evalkit.cli.completion import metric_names, protocol_names, weights_names
from evalkit.cli.echo import echo

if TYPE_CHECKING:
    from evalkit.weights import WeightFile

app = typer.Typer(help="Network files: what is installed, what is missing, and how to get it.", no_args_is_help=True)
SomeNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME...]",
        help="Names from `evalkit weights list`. Default: all.",
        autocompletion=weights_names,
    ),
]

_ADVICE = (
    "Remove wrong files (one in a package: install the package's right release), then use `evalkit weights fetch`."
)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the network files: whether they are here and in what, their licences, which metrics and methods use them."""
    from rich.markup import escape

    from evalkit.cli.console import print_json, print_list
    from evalkit.cli.weight_users import method_users, metric_users
    from evalkit.weights import candidates, catalogue, digest, origin

    entries = list(catalogue().values())
    here = {entry.name: candidates(entry) for entry in entries}
    right = {e.name: next((path for path in here[e.name] if e.accepts(digest(path))), None) for e in entries}
    origins = {e.name: origin(e, path) for e in entries if (path := right[e.name])}
    metrics, methods = metric_users(), method_users()
    if as_json:
        paths = {name: None if path is None else str(path) for name, path in right.items()}
        places = {e.name: {"path": paths[e.name], "origin": origins.get(e.name)} for e in entries}
        users = {e.name: {"metrics": metrics[e.name], "methods": methods[e.name]} for e in entries}
        print_json([{"id": e.name, **e.model_dump(mode="json"), **places[e.name], **users[e.name]} for e in entries])
    else:
        states = {name: origins.get(name) or ("WRONG" if here[name] else "") for name in here}
        users_of = {e.name: escape(", ".join([*metrics[e.name], *methods[e.name]])) for e in entries}
        rows = [[e.name, _size(e.bytes), states[e.name], e.licence, e.title, users_of[e.name]] for e in entries]
        print_list(["Name", "Size", "Here", "Licence", "What", "Used by"], rows)


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name from `evalkit weights list`.",
            autocompletion=weights_names,
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Show everything that is known of a network file: size, digest, licence, addresses, users, whether it is here.

    Example: `evalkit weights show lpips-backbone-alexnet`
    """
    from evalkit.cli.console import print_json
    from evalkit.cli.weight_users import method_users, metric_users
    from evalkit.weights import candidates, digest, find, origin

    entry = find(name)
    paths = candidates(entry)

    def state(path: Path) -> str:
        return (origin(entry, path) or "") if entry.accepts(digest(path)) else "WRONG"

    facts = {
        "File": f"{entry.name}: {entry.title}",
        "Size": _size(entry.bytes),
        "SHA-256": entry.sha256 or "",
        "Licence": entry.licence,
        "Source": entry.source,
        "From": ", ".join(entry.addresses),
        "Used by": ", ".join([*metric_users()[name], *method_users()[name]]),
        "Here": ", ".join(f"{path} ({state(path)})" for path in paths) or "no",
    }
    if as_json:
        print_json({"id": entry.name, **{what.lower().replace(" ", "_"): text for what, text in facts.items()}})
        return
    for what, text in facts.items():
        if text:
            echo(f"{what + ':':<9}{text}")


@app.command()
def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]",
            help="Names from `evalkit weights list`.",
            autocompletion=weights_names,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="KEY",
            help="What this metric needs. Repeatable.",
            autocompletion=metric_names,
        ),
    ] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            "--protocol",
            "-p",
            metavar="NAME",
            help="What the metrics of this protocol need. Repeatable.",
            autocompletion=protocol_names,
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option("--method", "-M", metavar="NAME", help="What this method uses beside its checkpoint. Repeatable."),
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You have read the licences shown and may use the files.")
    ] = False,
) -> None:
    """Download network files to the cache folder and check them; files that are here stay as they are.

    A stopped download goes on where it ended. A file that cannot be had does not keep the others from being fetched.

    Example: `evalkit weights fetch --protocol demo_cross`
    """
    from evalkit.cli.echo import say
    from evalkit.cli.weight_users import wanted_files
    from evalkit.errors import EvalkitError, WeightsError
    from evalkit.weights import fetch, find, missing

    if not (names or metric or protocol or method):
        raise EvalkitError("Name files of `evalkit weights list`, or give --metric, --protocol or --method.")
    wanted = wanted_files(names or (), metric or (), protocol or (), method or ())
    if not wanted:
        say("No network file is needed for that.")
    failed = []
    for entry in [find(name) for name in wanted]:
        if missing([entry.name]):
            say(f"{entry.name}: {entry.title}. {_size(entry.bytes) or 'Size unknown'}. Licence: {entry.licence}.")
            say(f"  Source: {entry.source}. From: {', '.join(entry.addresses) or 'nowhere'}")
        try:
            with _bar(entry.name) as progress:
                path = fetch(entry.name, accept_licence=accept_licence, progress=progress)
            echo(str(path))
        except WeightsError as error:
            if len(wanted) == 1:
                raise
            failed.append(entry.name)
            say(f"  {error}")
    if failed:
        raise WeightsError(f"{len(failed)} of {len(wanted)} files could not be fetched: {', '.join(failed)}.")


@app.command()
def verify(names: SomeNames = None, as_json: options.Json = False) -> None:
    """Compute the digests of the installed files again. Exits with code 2 if one is wrong."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.errors import WeightsError
    from evalkit.weights import candidates, catalogue, digest, find, origin, package_note

    results: list[dict[str, Any]] = [
        {"id": entry.name, "path": str(path), "origin": origin(entry, path)}
        | {"sha256": found, "pinned": bool(entry.pinned), "ok": entry.accepts(found)}
        for entry in [find(name) for name in names or catalogue()]
        for path in candidates(entry)
        for found in [digest(path, fresh=True)]
    ]
    if as_json:
        print_json(results)
    else:
        states = ["WRONG" if not r["ok"] else _known(find(r["id"])) for r in results]
        rows = [[r["id"], state, r["origin"], r["path"]] for r, state in zip(results, states, strict=True)]
        print_list(["Name", "", "In", "File"], rows)
    absent = [name for name in names or () if name not in {result["id"] for result in results}]
    problems = [f"{r['path']} is not {r['id']!r}" for r in results if not r["ok"]] + [f"{n} is missing" for n in absent]
    if problems:
        notes = [f"{note}." for note in [package_note(*absent)] if note]
        raise WeightsError(" ".join(["; ".join(problems) + ". " + _ADVICE, *notes]))


def _known(entry: "WeightFile") -> str:
    """What a file that is accepted was held to."""
    if entry.pinned:
        return "ok"
    return f"ok, as far as known ({entry.sha256}...)" if entry.sha256 else "no digest is known"


@app.command("import")
def import_(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name from `evalkit weights list`, or a method with a checkpoint.",
            autocompletion=weights_names,
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file, under any name, or the zip that holds it.")],
) -> None:
    """Check a file you have and copy it to the cache folder; a method's checkpoint as `evalkit methods import` does.

    Example: `evalkit weights import fomm vox-cpk.pth.tar`
    """
    from evalkit.method.checkpoints import import_checkpoint
    from evalkit.method.find import list_methods
    from evalkit.weights import import_file

    methods = {entry.card.id: entry for entry in list_methods()}
    echo(str(import_checkpoint(methods[name], file) if name in methods else import_file(name, file)))


@app.command()
def where(names: SomeNames = None) -> None:
    """Print the folders that are searched, or the paths of network files."""
    from evalkit.weights import locate, search_folders

    for path in [locate(name) for name in names] if names else search_folders():
        echo(str(path))


def _size(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """A download bar on stderr that appears with the first bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=None, visible=False)
        yield lambda done, whole: progress.update(task, completed=done, total=whole, visible=True)
