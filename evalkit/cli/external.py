"""`evalkit methods setup|doctor|try|new|compare`: methods in environments of their own, and how two differ."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.echo import echo
from evalkit.cli.methods import Name
from evalkit.cli.methods import app as app

Frames = Annotated[int, typer.Option("--frames", min=2, max=1000, help="Driving frames of the drawn pair.")]
Size = Annotated[int, typer.Option("--size", min=64, max=512, help="Side of its frames in pixels.")]


@app.command()
def setup(
    name: Name,
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Clone into this folder and make its environment there, now.")
    ] = None,
    python: Annotated[
        str | None, typer.Option(metavar="VERSION|FILE", help="Python of its environment. Default: the card's.")
    ] = None,
) -> None:
    """Print the steps from nothing to a clone with an environment of its own; with --into, do them.

    Example: `evalkit methods setup fomm_official --into ~/code/fomm`
    """
    from evalkit.base.places import at_home
    from evalkit.method.external import foreign_of
    from evalkit.method.find import find_method
    from evalkit.method.foreign.setup import run_setup, setup_commands, setup_notes

    entry = find_method(name)
    card, foreign = entry.card, foreign_of(entry.card)
    folder = at_home(into or card.id).absolute()
    commands = setup_commands(foreign, card.repository, folder, python)
    if into is not None:
        run_setup(commands, echo)
    else:
        for command in commands:
            echo(shlex.join(command))
    for note in setup_notes(foreign, folder):
        echo(f"# {note}")
    echo(f"# then: evalkit methods doctor {entry.asked} --option clone={shlex.quote(str(folder))}")


@app.command()
def doctor(name: Name, option: options.MethodOptions = None, as_json: options.Json = False) -> None:
    """Report what an external method lacks here: clone, commit, interpreter, weights, GPU. Runs no model.

    Ends with exit code 1 when something is missing.
    """
    from evalkit.cli.console import print_json, print_list
    from evalkit.method.external import foreign_of, place_of
    from evalkit.method.find import find_method, method_options
    from evalkit.method.foreign.doctor import examine

    entry = find_method(name)
    given = method_options(entry.card, option or ())
    place = place_of(entry.card, given, entry.asked, python_needed=False)
    found = examine(foreign_of(entry.card), entry.folder, place, given)
    if as_json:
        print_json([{"what": one.what, "state": one.state, "text": one.text} for one in found])
    else:
        print_list(["What", "State", "Finding"], [[one.what, one.state, one.text] for one in found])
    if any(one.state == "missing" for one in found):
        raise typer.Exit(1)


@app.command("try")
def try_(
    name: Name,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for clips and picture.")
    ] = None,
    frames: Frames = 16,
    size: Size = 256,
    device: options.Device = "auto",
    checkpoint: options.Checkpoint = None,
    option: options.MethodOptions = None,
    random_weights: options.RandomWeights = False,
    seed: options.Seed = 0,
) -> None:
    """Animate one drawn pair with a method, and make a picture of source, driving and generated frames."""
    from evalkit.method.find import find_method
    from evalkit.runs.choices import MethodChoice
    from evalkit.runs.one_pair import try_method

    entry = find_method(name)
    how = MethodChoice(checkpoint, device, option=option, random_weights=random_weights, seed=seed)
    folder = out or Path("tried") / entry.card.id
    echo(str(try_method(entry, how.config(entry), folder, frames, size)))


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of your method: lower-case letters, digits, _.")],
    external: Annotated[
        bool, typer.Option("--external", help="It runs in an environment of its own, by a worker.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder to write. Default: ./NAME.")
    ] = None,
) -> None:
    """Write a folder with a card and an adapter to fill in; with --external, a card and a worker."""
    from evalkit.method.new import write_new

    folder = write_new(name, out or Path(name), external)
    echo(str(folder))


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A method, such as fomm.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another, such as fomm_official.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for clips and picture.")
    ] = None,
    frames: Frames = 16,
    size: Size = 256,
    device: options.Device = "auto",
    first_option: Annotated[
        list[str] | None, typer.Option("--option-a", metavar="NAME=VALUE", help="An option of A. Repeatable.")
    ] = None,
    second_option: Annotated[
        list[str] | None, typer.Option("--option-b", metavar="NAME=VALUE", help="An option of B. Repeatable.")
    ] = None,
    random_weights: options.RandomWeights = False,
    as_json: options.Json = False,
) -> None:
    """Animate one drawn pair with two methods, and tell how far their frames are apart.

    Ends with exit code 1 when they are different. Example: `evalkit methods compare fomm fomm_official`
    """
    from evalkit.cli.console import print_json
    from evalkit.method.find import find_method
    from evalkit.runs.choices import MethodChoice
    from evalkit.runs.one_pair import compare_methods

    entries = find_method(first), find_method(second)
    given = (first_option, second_option)
    configs = [
        MethodChoice(device=device, option=chosen, random_weights=random_weights and not entry.card.external).config(
            entry
        )
        for entry, chosen in zip(entries, given, strict=True)
    ]
    folder = out or Path("compared") / "-".join(entry.card.id for entry in entries)
    found, picture = compare_methods(entries, (configs[0], configs[1]), folder, frames, size)
    if as_json:
        print_json(
            {
                "mean": found.mean,
                "most": found.most,
                "largest": found.largest,
                "frames": list(found.frames),
                "verdict": found.verdict,
                "picture": str(picture),
            }
        )
    else:
        echo(f"{first} and {second} are {found.verdict}")
        echo(
            f"mean {found.mean:.3f}, 99.9 % within {found.most:.0f}, largest {found.largest} of 255; "
            f"means of frames {_range(found.frames)}"
        )
        echo(str(picture))
    if found.verdict == "different":
        raise typer.Exit(1)


def _range(values: tuple[float, ...]) -> str:
    return f"{min(values):.3f} to {max(values):.3f}"
