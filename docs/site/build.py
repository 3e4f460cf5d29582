"""All pages through MkDocs: what a page links to must be there, and nothing is asked of another host."""

import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from docs.site import cards, reference, sources

NAVIGATION: dict[str, Any] = {
    "evalkit": "index.md",
    "Start": ["install.md", "first_steps.md", "your_data.md", "your_model.md", "reading_a_number.md", "compared.md"],
    "Run and score": [
        "outputs.md",
        "inputs.md",
        "datasets.md",
        "methods.md",
        "external_methods.md",
        "metrics.md",
        "ours.md",
        "scale.md",
        "doctor.md",
        "environment.md",
    ],
    "Results": [
        "leaderboards.md",
        "leaderboard_rows.md",
        "leaderboard_template.md",
        "paper.md",
        "report.md",
        "site.md",
        "gate.md",
        "ci/README.md",
        "study.md",
        "first_results.md",
        "audit.md",
        "four_users.md",
    ],
    "Python": ["python.md", "trackers.md", "api/index.md", *(f"api/{page}.md" for page in reference.GROUPS)],
    "Every ...": [],
    "Why": ["statistics.md", "benchmarks.md", "reliability.md", "security.md", "decisions/README.md"],
    "Project": ["architecture.md", "formats.md", "contributing.md", "reporting.md", "changelog.md"],
}
"""The menu. Pages of cards are found by their lists and the search; a written page that is missing here is an error."""


_SHIM = "https://unpkg.com/iframe-worker/shim"


class SiteError(Exception):
    """The site is not whole; the message lists why."""


class _Warnings(logging.Handler):
    """What MkDocs complains about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.said.append(record.getMessage())


def write_sources(folder: Path, repository: str = "") -> list[str]:
    """Write all pages and what they link to below `folder`; returns the pages.

    Raises `SiteError` when a written page is not in the menu, or the menu names one that is not there.
    """
    written = {page: sources.in_site(page, source, repository) for page, source in sources.pages().items()}
    written |= cards.pages(repository) | reference.pages()
    named = {page for part in NAVIGATION.values() for page in ([part] if isinstance(part, str) else part)}
    absent = sorted(named - set(written))
    lost = sorted(
        page for page in sources.pages() if page not in named and not page.startswith(("decisions/", "methods/"))
    )
    if absent or lost:
        raise SiteError(f"The menu names {absent or 'all pages'} that are not there, and lacks {lost or 'none'}.")
    for page, text in written.items():
        path = folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, file in sources.files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / name)
    return sorted(written)


def build(out: Path, repository: str = "") -> int:
    """Build the site into `out`, an empty or missing folder, or an older site; returns the number of pages.

    Raises `SiteError` for every dead link or anchor, and for names whose docstrings cannot be read.
    """
    from mkdocs.commands.build import build as mkdocs_build
    from mkdocs.config import load_config

    if out.exists() and any(out.iterdir()) and not (out / "sitemap.xml").is_file():
        raise SiteError(f"{out} holds something else than a site. Choose another folder.")
    warnings = _Warnings()
    logger = logging.getLogger("mkdocs")
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "docs"
        pages = write_sources(folder, repository)
        (folder / "assets").mkdir(exist_ok=True)
        for name in ("readable.css", "readable.js"):
            shutil.copyfile(Path(__file__).with_name(name), folder / "assets" / name)
        config = load_config(config_file=_configuration(Path(work), folder, out.resolve(), repository))
        logger.addHandler(warnings)
        try:
            config.plugins.on_startup(command="build", dirty=False)
            mkdocs_build(config)
        finally:
            logger.removeHandler(warnings)
            config.plugins.on_shutdown()
    _keep_to_itself(out)
    if warnings.said:
        raise SiteError("\n".join(warnings.said))
    return len(pages)


def _keep_to_itself(out: Path) -> None:
    """Our own stand-in for workers on every page, in place of the one that the theme fetches from another host."""
    shim = out / "assets" / "javascripts" / "worker.js"
    shutil.copyfile(Path(__file__).with_name("worker.js"), shim)
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        place = Path(os.path.relpath(shim, page.parent)).as_posix()
        page.write_text(text.replace(_SHIM, place), encoding="utf-8")


def _configuration(work: Path, folder: Path, out: Path, repository: str) -> str:
    """The file that MkDocs reads."""
    import yaml

    rooms = [{room.capitalize(): f"{room}/index.md"} for room in cards.ROOMS]
    menu = [{title: rooms if title == "Every ..." else part} for title, part in NAVIGATION.items()]
    content = {
        "site_name": "evalkit",
        "site_description": "Benchmark and evaluation suite for face reenactment",
        "docs_dir": str(folder),
        "extra_css": ["assets/readable.css"],
        "extra_javascript": ["assets/readable.js"],
        "site_dir": str(out),
        "use_directory_urls": False,  # pages that open from a file
        "nav": menu,
        "theme": {
            "name": "material",
            "font": False,
            "features": [
                "navigation.tabs",
                "navigation.indexes",
                "toc.follow",
                "search.highlight",
                "content.code.copy",
            ],
            "palette": [
                {
                    "media": "(prefers-color-scheme: light)",
                    "scheme": "default",
                    "primary": "indigo",
                    "toggle": {"icon": "material/weather-night", "name": "Dark"},
                },
                {
                    "media": "(prefers-color-scheme: dark)",
                    "scheme": "slate",
                    "primary": "indigo",
                    "toggle": {"icon": "material/weather-sunny", "name": "Light"},
                },
            ],
        },
        "plugins": [
            "search",
            "offline",
            {
                "mkdocstrings": {
                    "handlers": {
                        "python": {
                            "paths": [str(sources.ROOT)],
                            "options": {
                                "docstring_style": "google",
                                # Parameters that belong together share a line, and signatures have the types.
                                "docstring_options": {"warn_unknown_params": False, "warn_missing_types": False},
                                "extensions": [str(Path(__file__).with_name("doctests.py"))],
                                "show_source": False,
                                "show_root_heading": True,
                                "heading_level": 2,
                                "separate_signature": True,
                                "show_signature_annotations": True,
                                "members_order": "source",
                            },
                        }
                    }
                }
            },
        ],
        "markdown_extensions": [
            "tables",
            "sane_lists",
            "md_in_html",
            "pymdownx.superfences",
            {"pymdownx.highlight": {"use_pygments": True}},
            # Anchors as GitHub makes them, since the pages are read there as well.
            {"toc": {"permalink": True, "slugify": "GITHUB"}},
        ],
        "validation": {
            "omitted_files": "ignore",
            "absolute_links": "warn",
            "unrecognized_links": "warn",
            "anchors": "warn",
        },
    }
    if repository:
        content["repo_url"] = repository
    text = yaml.safe_dump(content, sort_keys=False)
    slugify = "!!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}"
    path = work / "mkdocs.yml"
    path.write_text(text.replace("slugify: GITHUB", f"slugify: {slugify}"), encoding="utf-8")
    return str(path)
