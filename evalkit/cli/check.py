"""`evalkit check`: hold code from outside to what evalkit's own is held to."""

import typer
app = typer.Typer(help="Hold code from outside to what evalkit's own is held to.", no_args_is_help=True)
