"""`python -m docs.site`: build the site; ends with 1 and the reasons when a link or anchor is dead."""

import argparse
import sys
from pathlib import Path

from docs.site.build import SiteError, build


def main() -> int:
    """Parse, build, say where it is."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("site"), metavar="DIR", help="folder of the site")
    parser.add_argument(
        "--repository", default="", metavar="URL", help="where the code is; without it, links to code are plain text"
    )
    asked = parser.parse_args()
    try:
        pages = build(asked.out, asked.repository)
    except SiteError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{pages} pages: {asked.out / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
