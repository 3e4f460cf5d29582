"""Command line of the comparison and of its fixtures; see `tests.parity.compare` and `tests.parity.fetch`."""

import sys

from tests.parity import compare, fetch

if sys.argv[1:2] in (["fetch"], ["pack"]):
    raise SystemExit(fetch.main(sys.argv[1:]))
raise SystemExit(compare.main())
