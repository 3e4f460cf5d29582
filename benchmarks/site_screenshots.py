"""The pictures of docs/site.md, taken of a finished site in Debian's Chromium (`apt-get install chromium`).

evalkit site runs/*/* --out site
python -m benchmarks.site_screenshots --site site --out docs/images
"""

import argparse
from pathlib import Path
from shutil import which

from playwright.sync_api import sync_playwright

from benchmarks.report_screenshots import save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, required=True, help="folder that `evalkit site` wrote")
    parser.add_argument("--out", type=Path, required=True, help="where the pictures go")
    asked = parser.parse_args()
    site = asked.site.resolve()
    board = sorted((site / "protocols").glob("demo_cross-*.html"))[0].name
    shots = (
        ("site_leaderboard", "index.html", "#table", "light"),
        ("site_protocol", f"protocols/{board}#duel=csim%5Bdlib%5D", "#matrix table", "light"),
        ("site_compare", "compare.html#a=landmark_warp&b=blend", "#clips-chart svg", "dark"),
    )
    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for name, place, wanted, colours in shots:
            page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme=colours)
            file, _, state = place.partition("#")
            page.goto((site / file).as_uri() + (f"#{state}" if state else ""))
            page.locator(wanted).wait_for()
            if name == "site_protocol":
                page.locator("#results").evaluate("heading => heading.scrollIntoView()")
                page.set_viewport_size({"width": 1280, "height": 1640})
            page.wait_for_timeout(500)
            save(page, asked.out / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
