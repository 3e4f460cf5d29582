"""The written pages: those of docs/, the README and its neighbours, with links that work in a site."""

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MOVED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "reporting.md",
    "baselines/sfd/weights/README.md": "methods/sfd_weights.md",
    "leaderboards/README.md": "leaderboard_rows.md",
}
"""Page of the repository -> page of the site."""
_LEFT_OUT = ("site", "leaderboard_template")
_FILES = (".png", ".ipynb", ".yml", ".Dockerfile", "")
"""Suffixes of the files of docs/ that pages link to."""
_LINK = re.compile(r"(?P<text>!?\[(?:[^\[\]\\]|\\.|\[[^\[\]\\]*\])*\])\(\s*(?P<to>[^()\s]+)\)")


def pages() -> dict[str, str]:
    """Page of the site -> its source in the repository, both as relative paths."""
    docs = [path for path in (ROOT / "docs").rglob("*.md") if path.relative_to(ROOT / "docs").parts[0] not in _LEFT_OUT]
    found = {path.relative_to(ROOT / "docs").as_posix(): path.relative_to(ROOT).as_posix() for path in docs}
    found["leaderboard_template.md"] = "docs/leaderboard_template/README.md"
    found |= {page: source for source, page in _MOVED.items() if (ROOT / source).is_file()}
    return dict(sorted(found.items()))


def files() -> dict[str, Path]:
    """What pages link to and is no page: name in the site -> file."""
    docs = ROOT / "docs"
    inside = [path for path in docs.rglob("*") if path.is_file() and path.suffix in _FILES]
    inside = [path for path in inside if path.relative_to(docs).parts[0] not in _LEFT_OUT]
    found = {path.relative_to(docs).as_posix(): path for path in inside}
    found["template_verify.yml"] = docs / "leaderboard_template" / ".github" / "workflows" / "verify.yml"
    return found | {
        path.relative_to(ROOT / "leaderboards").as_posix(): path for path in (ROOT / "leaderboards").glob("*/*.png")
    }


def in_site(page: str, source: str, repository: str) -> str:
    """The text of a page of the repository with its links as they are in the site.

    A link to a file that the site does not have leads to `repository`; without one, its text stays.
    """
    places = {source: page for page, source in pages().items()}
    places |= {path.relative_to(ROOT).as_posix(): name for name, path in files().items()}

    def link(found: re.Match[str]) -> str:
        text, to = found["text"], found["to"]
        if to.startswith(("http:", "https:", "mailto:", "#")):
            return found[0]
        target, sign, anchor = to.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        here = places.get(path) or _page_of_method(path)
        if here:
            return f"{text}({posixpath.relpath(here, posixpath.dirname(page) or '.')}{sign}{anchor})"
        if repository:
            return f"{text}({repository.rstrip('/')}/blob/main/{path}{sign}{anchor})"
        return text[1:-1]

    text = (ROOT / source).read_text(encoding="utf-8")
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)


def _page_of_method(path: str) -> str:
    """A method's README is part of its page."""
    found = re.fullmatch(r"baselines/(\w+)/README\.md", path)
    return f"methods/{found[1]}.md" if found and (ROOT / path).is_file() else ""
