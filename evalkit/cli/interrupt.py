"""What Ctrl-C raises."""


class Interrupted(BaseException):
    """Ctrl-C, by a name of our own: the command-line library would answer a KeyboardInterrupt without a word."""
