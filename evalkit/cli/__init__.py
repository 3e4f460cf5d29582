"""The command line. `evalkit --help` must answer at once, so commands import what they need when they run."""

import sys


def main() -> None:
    """Entry point: a user's mistake ends in one paragraph, Ctrl-C in one line, a bug in a traceback."""
    from evalkit.cli.app import app
    from evalkit.errors import EvalkitError

    try:
        app(standalone_mode=True)
    except EvalkitError as error:
        print(f"evalkit: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except KeyboardInterrupt:
        print("evalkit: stopped. Finished pairs are kept; repeat the command to go on.", file=sys.stderr)  # noqa: T201
        sys.exit(130)
