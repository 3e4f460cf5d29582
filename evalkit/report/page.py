"""Pages from templates: styles, scripts and data beside a page as files, or inside it where it is one file."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from evalkit import __version__
from evalkit.report.payload import script

ASSETS = Path(__file__).parent / "assets"
PAGES = (("index", "Overview"), ("pairs", "Pairs"), ("worst", "Worst"), ("failures", "Failures"))
HISTORY = ("history", "History")

_DEFAULTS = {"brand": "evalkit report", "home": "", "searched": False, "at": "", "pairs_at": "pairs/"}
"""What the frame of a page is told where a site says nothing else."""

Page = Callable[..., str]


def renderer(pages: Sequence[tuple[str, str]], shared: Mapping[str, Any], own: str = "") -> Page:
    """Renders a page of a site by name; everything a template prints is escaped.

    `pages` are the pages above each: (file, text). `shared` is what every page says. A page is told `root`, the way
    from it to the folder of the site, and `section`, which of `pages` it belongs to if not the one of its name. `own`
    is the package below this one whose templates are there too.
    """
    environment = _environment(own)
    known = {"pages": pages, "embedded": {}, "version": __version__, **_DEFAULTS, **shared}

    def page(name: str, /, section: str = "", **context: Any) -> str:
        return environment.get_template(f"{name}.html").render(section=section or name, **(known | context))

    return page


def one_file(name: str, title: str, data: Mapping[str, Any], **context: Any) -> str:
    """A page on its own that holds its styles, scripts and `data` (by name), so that it is one file."""
    files = {f"assets/{path.name}": path.read_text(encoding="utf-8") for path in sorted(ASSETS.iterdir())}
    files |= {f"data/{each}.js": script(each, content) for each, content in data.items()}
    known = {"pages": (), "embedded": files, "version": __version__, "title": title, "root": "", **_DEFAULTS}
    return _environment().get_template(f"{name}.html").render(section=name, **(known | context))


def _environment(own: str = "") -> Environment:
    packages = ["evalkit.report", *([f"evalkit.report.{own}"] if own else [])]
    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
