"""The pictures of docs/report.md: a report of the demo corpus, made and photographed.

Runs `landmark_warp` and the anchors over demo_self, makes the report, and photographs it in Debian's Chromium
(`apt-get install chromium`).

    python -m benchmarks.report_screenshots --out docs/images [--work DIR]
"""

import argparse
import subprocess
import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, sync_playwright

PROTOCOL, METHOD = "demo_self", "landmark_warp"
COLOURS = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the pictures go")
    parser.add_argument("--work", type=Path, help="keep runs and report here; finished parts are not made again")
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        site = make_report(asked.work or Path(temporary))
        photograph(site, asked.out)


def make_report(work: Path) -> Path:
    """The report's folder."""
    runs = work / "runs" / PROTOCOL
    evalkit("run", "-p", PROTOCOL, "-M", METHOD, "-o", work / "runs")
    folders = [runs / name for name in ("copy_source", "copy_driving", METHOD)]
    evalkit("report", *folders, "-o", work / "report")
    return work / "report"


def evalkit(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "evalkit", *map(str, arguments)], check=True)


def photograph(site: Path, out: Path) -> None:
    """Write the overview in light and a pair in dark colours as small PNG files."""
    out.mkdir(parents=True, exist_ok=True)
    flags = ["--no-sandbox", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1200, "height": 1250}, color_scheme="light")
        page.goto((site / "index.html").as_uri())
        page.locator("#spread-chart canvas").last.wait_for()
        save(page, out / "report_overview.png")
        page = browser.new_page(viewport={"width": 1200, "height": 1000}, color_scheme="dark")
        pair = sorted((site / "pairs").glob("*.html"))[2]
        page.goto(f"{pair.as_uri()}#metric=akd[dlib68]&frame=12")
        page.wait_for_function("document.querySelector('#scrub').value === '12'")
        page.check("#landmarks")
        page.wait_for_timeout(500)
        save(page, out / "report_pair.png")
        browser.close()


def save(page: Page, path: Path) -> None:
    page.screenshot(path=str(path))
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    small.save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
