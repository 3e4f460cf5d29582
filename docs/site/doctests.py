"""Examples in docstrings as code: without a fence, `>>>` is a quotation in Markdown."""

import re

import griffe

_EXAMPLE = re.compile(r"(?:^>>> .*\n?)(?:^(?!\s*$).*\n?)*", re.MULTILINE)


def fenced(text: str) -> str:
    """`text` with every block that begins with `>>>`, its output included, in a fence."""
    return _EXAMPLE.sub(lambda found: f"```python\n{found[0].rstrip()}\n```\n", text)


class Doctests(griffe.Extension):
    """Puts the examples of every docstring into fences."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """One object whose docstring was read."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)
