"""The documentation site: a page for every card, no dead link or anchor, and nothing asked of another host."""

import html
import re
from pathlib import Path

import pytest

from evalkit.datasets import DATASETS
from evalkit.metrics import METRICS
from evalkit.protocol.schema import list_protocols

pytest.importorskip("mkdocs", reason="the dependency group docs is not installed")

from docs.site import cards, reference, sources
from docs.site.build import SiteError, build, write_sources
from tests.axe import axe_source, problems
from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\]\(([^()\s]+)\)")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The pages as MkDocs reads them."""
    folder = tmp_path_factory.mktemp("pages")
    return folder, write_sources(folder)


def test_every_card_has_a_page(written):
    _, pages = written
    wanted = {f"metrics/{metric.id}.md" for metric in METRICS.values() if metric.plugin is None}
    wanted |= {f"protocols/{protocol.id}.md" for protocol in list_protocols()}
    wanted |= {f"datasets/{id}.md" for id in DATASETS if DATASETS[id].plugin is None}
    wanted |= {f"methods/{path.parent.name}.md" for path in ROOT.glob("baselines/*/method.yaml")}
    assert wanted <= set(pages) and len(wanted) > 90


def test_a_page_says_what_the_card_says(written):
    folder, _ = written
    metric = METRICS["csim[dlib]"]
    text = (folder / "metrics" / "csim.md").read_text(encoding="utf-8")
    assert "## csim[dlib]" in text and f"| **Version** | {metric.version} |" in text
    assert "(../protocols/demo_cross.md)" in text
    assert "(../methods/copy_source.md)" in (folder / "protocols" / "demo_cross.md").read_text(encoding="utf-8")


def test_every_public_name_is_on_one_page_of_the_reference():
    import evalkit

    names = [name for _, _, names in reference.GROUPS.values() for name in names]
    assert sorted(names) == sorted(evalkit.__all__)


def test_no_link_is_dead(written):
    folder, pages = written
    dead = []
    for page in pages:
        for to in LINK.findall((folder / page).read_text(encoding="utf-8")):
            target = to.partition("#")[0]
            if target and not to.startswith(("http", "mailto:")) and not ((folder / page).parent / target).is_file():
                dead.append(f"{page}: {to}")
    assert dead == []


def test_links_to_code_lead_to_the_repository_or_nowhere():
    page, source = "architecture.md", "docs/architecture.md"
    assert "](" not in re.sub(r"\]\([\w/]+\.md[^)]*\)", "", sources.in_site(page, source, ""))
    there = sources.in_site(page, source, "https://host/owner/evalkit/")
    assert "(https://host/owner/evalkit/blob/main/evalkit/protocol/__init__.py)" in there


def test_what_lies_in_the_folder_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(SiteError, match="holds something else"):
        build(tmp_path)


def test_texts_of_cards_are_no_markup():
    assert cards._facts({"A": cards._text("a|b <script> [x](y)")}).replace("\\|", "").count("|") == 9


@pytest.mark.slow
def test_the_whole_site(tmp_path):
    """MkDocs finds every link and anchor; what it wrote asks nobody else for anything."""
    pages = build(tmp_path / "site")
    written = sorted((tmp_path / "site").rglob("*.html"))
    assert len(written) >= pages > 150
    asked = re.compile(r"<(?:script|link|img|iframe|source|video)\b[^>]*?\b(?:src|href)=[\"']?(https?:[^\"'\s>]+)")
    found = {html.unescape(url) for path in written for url in asked.findall(path.read_text(encoding="utf-8"))}
    assert found == set()
    styles = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*.css"))
    assert not re.search(r"url\([\"']?https?:|@import\s+[\"']https?:", styles)
    with chromium() as (page, errors):
        asked_for = []
        page.on("request", lambda request: asked_for.append(request.url))
        page.goto((tmp_path / "site" / "metrics" / "csim.html").as_uri())
        page.locator("input.md-search__input").click()
        page.keyboard.type("coverage")
        page.locator(".md-search-result__item").first.wait_for()
        assert errors == [] and [url for url in asked_for if not url.startswith(("file:", "data:"))] == []
    source = axe_source()
    for colour, width in (("light", 1280), ("dark", 390)):
        with chromium(color_scheme=colour, viewport={"width": width, "height": 900}) as (page, _):
            for name in ("index", "metrics", "methods/sfd", "api/index"):
                page.goto((tmp_path / "site" / f"{name}.html").as_uri())
                page.locator("h1").first.wait_for()
                assert problems(page, source) == [], (name, colour, width)


def test_a_dead_link_or_anchor_stops_the_build(tmp_path, monkeypatch):
    def broken(folder, repository=""):
        folder.mkdir()
        (folder / "index.md").write_text("# Here\n\n[x](nowhere.md) and [y](#nothing)\n")
        return ["index.md"]

    monkeypatch.setattr("docs.site.build.write_sources", broken)
    monkeypatch.setattr("docs.site.build.NAVIGATION", {"evalkit": "index.md"})
    monkeypatch.setattr(cards, "ROOMS", ())
    with pytest.raises(SiteError, match=r"(?s)nowhere\.md.*#nothing"):
        build(tmp_path / "site")
