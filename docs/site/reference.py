"""`import evalkit as ek`, from its docstrings: one page per group of names."""

import evalkit

GROUPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "run": ("Run and score", "Runs of a method, or of clips that exist, over a protocol.", ("run", "score")),
    "results": (
        "Results",
        "What a run left, as tables, and compared with a baseline.",
        ("Run", "read_run", "table", "gate", "track", "site"),
    ),
    "metrics": ("Metrics on arrays", "One metric on arrays or tensors.", ("metric", "list_metrics", "Metric")),
    "border": (
        "Protocols and methods",
        "What is run, and what runs it.",
        ("Protocol", "find_protocol", "list_protocols", "Method"),
    ),
    "callbacks": ("In the training loop", "Pairs animated and scored while a network trains.", ("callbacks",)),
    "errors": ("Errors", "Everything that is raised for a reason the user can act on.", ("EvalkitError",)),
}
"""Page -> its title, what it is about, and the names on it."""


def pages() -> dict[str, str]:
    """Page of the site -> its text, which MkDocs fills from the docstrings."""
    found = {f"api/{page}.md": _page(*group) for page, group in GROUPS.items()}
    lines = [
        f"- [{title}]({page}.md): {', '.join(f'`{name}`' for name in names)}"
        for page, (title, _, names) in GROUPS.items()
    ]
    head = "# Python, name by name\n\nHow they are used together is in [Python](../python.md).\n\n"
    return found | {"api/index.md": head + "\n".join(lines) + "\n"}


def _page(title: str, words: str, names: tuple[str, ...]) -> str:
    parts = [f"# {title}", words]
    for name in names:
        home = evalkit._HOMES[name]
        found = home if name == "callbacks" else f"{home}.{name}"
        members = ", members: true" if name == "callbacks" else ""
        parts.append(f"::: {found}\n    options: {{heading: ek.{name}, toc_label: ek.{name}{members}}}")
    return "\n\n".join(parts) + "\n"
