"""Where the pages of a site are, relative to its folder: addresses that stay the same when the site is made again."""

import hashlib
import re

from evalkit.report.collect import slug

_PLAIN = re.compile(r"[a-z0-9_-]{1,60}")


def file_name(text: str) -> str:
    """`text` where that is a plain lower-case name, else a readable one that no other text has."""
    return text if _PLAIN.fullmatch(text) else slug(text)


def method_page(name: str) -> str:
    """Of a method; `name` is its id, with `@tag` behind it where it has one."""
    return f"methods/{file_name(name)}.html"


def protocol_page(slug: str) -> str:
    """Of a board."""
    return f"protocols/{slug}.html"


def metric_page(key: str) -> str:
    """Of a metric with all its variants."""
    return f"metrics/{file_name(key.partition('[')[0])}.html"


def signature_id(signature: str) -> str:
    """Where on the page of its metric a signature is."""
    return f"s-{hashlib.sha256(signature.encode()).hexdigest()[:10]}"


def signature_place(key: str, signature: str) -> str:
    """The address of a signature."""
    return f"{metric_page(key)}#{signature_id(signature)}"
