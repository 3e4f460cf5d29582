"""Command line of the comparison; see `tests.parity.compare`."""

from tests.parity.compare import main

raise SystemExit(main())
