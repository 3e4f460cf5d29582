"""Mutations of valid files. The same random generator gives the same ones."""

import copy
import csv
import functools
import io
import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import yaml

# libyaml where it is there: the seeds are valid, and it takes a tenth of the time.
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TOKEN = re.compile(rb"[A-Za-z0-9_.+-]+|\s+|[^\sA-Za-z0-9_.+-]")
_BYTES = (
    *(
        b"",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r",
        b"\n\n",
        b"\x1b[31m",
        b"\xe2\x80\xae",
        b"\xed\xa0\x80",
        b'"',
        b"'",
    ),
    *(
        b"[" * 400,
        b"{" * 400,
        b'{"a":' * 300,
        b"- " * 300,
        b"9" * 5000,
        b"a" * 3000,
        b"../" * 20,
        b"\t",
        b"\x0b",
        b"\x85",
    ),
)
_TOKENS = (
    *(b"", b"-1", b"1e999", b"-1e999", b"NaN", b"nan", b"inf", b"-Infinity", b".inf", b"0", b"1.5", b"1e5", b"true"),
    *(
        b"null",
        b"~",
        b"0x10",
        b"1_000",
        b"0o17",
        b"0b1",
        b"1:30",
        b"\xc2\xb2",
        b"\xd9\xa3",
        b"2024-99-99",
        b"2024-01-01",
    ),
    *(b"99999999999999999999", b"-99999999999999999999", b"9" * 5000, b"1" * 400 + b".5", b"/etc/passwd"),
    *(b"../../../../etc/passwd", b"..", b".", b"/", b"a/b", b"con:", b"\\\\", b"\\ud800", b"\\u0000", b"\\x00", b"%00"),
    *(b"&a", b"*a", b"&a [*a]", b"<<: *a", b"!!python/object/apply:os.system", b"!!binary", b"? ", b"|", b">-", b"---"),
    *(b"...", b"%YAML 9", b"{", b"}", b"[", b"]", b":", b",", b"#", b"=cmd|calc", b"@SUM(1)", b'"', b'""', b"'", b"\n"),
    *(b"a" * 3000, b"\xf0\x9f\x98\x80", b"e\xcc\x81", b"id", b"\x7f"),
)
_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        1.5,
        -0.0,
        1e308,
        2**31,
        2**63,
        2**64,
        -(2**70),
        10**400,
        float("nan"),
        float("inf"),
    ),
    *(
        "",
        " ",
        "a",
        "a" * 3000,
        "\x00",
        "\x1b[31m",
        "\ud800",
        "\u202e",
        "../../etc/passwd",
        "/etc/passwd",
        ".",
        "..",
        "a/b",
    ),
    *(
        "nan",
        "1",
        "1e3",
        "2024-01-01",
        [],
        {},
        [None],
        [[]],
        {"a": 1},
        [1, "a"],
        ["a"] * 300,
        {"a" * 300: {}},
        "é",
        "e\u0301",
    ),
)


def mutated(kind: str, content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """`content`, changed in one to three places: bytes, tokens, or keys and values. `others` are of the same kind."""
    structured = _STRUCTURES.get(kind)
    for _ in range(1 + (random.random() < 0.3) + (random.random() < 0.1)):
        choice = random.random()
        if structured and choice < 0.5:
            try:
                content = structured(content, random)
                continue
            except (ValueError, LookupError, TypeError, yaml.YAMLError, csv.Error, RecursionError, OverflowError):
                pass
        content = _tokens(content, random) if kind in _TEXTS and choice < 0.75 else _bytes(content, others, random)
    return content


def _bytes(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    stop = min(len(content), start + random.choice((0, 1, 1, 2, 8, 64, 1000)))
    how = random.randrange(7)
    if how == 0 and content:
        at = min(start, len(content) - 1)
        return content[:at] + bytes([content[at] ^ 1 << random.randrange(8)]) + content[at + 1 :]
    if how == 1:
        return content[:start] + content[stop:]
    if how == 2:
        return content[:stop] + content[start:stop] * random.choice((1, 2, 50)) + content[stop:]
    if how == 3:
        return content[:start]
    if how == 4:
        other = random.choice(others)
        return content[:start] + other[random.randrange(len(other) + 1) :]
    if how == 5:
        return content[:start] + random.randbytes(stop - start) + content[stop:]
    return content[:start] + random.choice(_BYTES) + content[stop:]


@functools.lru_cache(64)
def _found(content: bytes) -> list[tuple[int, int]]:
    """Where the tokens stand; a seed is asked for again and again."""
    return [(token.start(), token.end()) for token in _TOKEN.finditer(content)]


def _tokens(content: bytes, random: Random) -> bytes:
    found = _found(content)
    if not found:
        return random.choice(_TOKENS)
    start, stop = random.choice(found)
    how = random.randrange(4)
    if how == 0:
        other = random.choice(found)
        return content[:start] + content[other[0] : other[1]] + content[stop:]
    if how == 1:
        return content[:start] + random.choice(_TOKENS) + content[start:]
    return content[:start] + random.choice(_TOKENS) + content[stop:]


def changed(content: Any, random: Random) -> Any:
    """The same value of dictionaries and lists with one key or value changed, in place, at any depth."""
    places = list(_places(content))
    if not places:
        return copy.deepcopy(random.choice(_VALUES))
    part, key = random.choice(places)
    how = random.randrange(6)
    if how == 0:
        del part[key]
    elif how == 1 and isinstance(part, dict):
        part[random.choice(("x", "", "id", str(key) + "_", "schema_version", "a" * 2000))] = part.pop(key)
    elif how == 2:
        part[key] = copy.deepcopy(random.choice([other[other_key] for other, other_key in places]))
    elif how == 3:
        part[key] = random.choice(([part[key]], {"a": part[key]}, [part[key]] * 3, str(part[key])[:100]))
    else:
        part[key] = copy.deepcopy(random.choice(_VALUES))
    return content


def _places(content: Any) -> Any:
    keys = content.keys() if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    for key in keys:
        yield content, key
        yield from _places(content[key])


def _json(content: bytes, random: Random) -> bytes:
    return json.dumps(changed(json.loads(content), random), ensure_ascii=random.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )


def _jsonl(content: bytes, random: Random) -> bytes:
    lines = content.splitlines()
    at = random.randrange(len(lines))
    lines[at] = _json(lines[at], random)
    return b"\n".join(lines) + b"\n"


def _yaml(content: bytes, random: Random) -> bytes:
    value = changed(yaml.load(content, _YAML_LOADER), random)
    return yaml.dump(value, Dumper=_YAML_DUMPER, allow_unicode=True).encode("utf-8", "surrogatepass")


def _csv(content: bytes, random: Random) -> bytes:
    rows = [list(row) for row in csv.reader(io.StringIO(content.decode()))]
    if random.random() < 0.5:
        row = random.choice(rows)
        row[random.randrange(len(row))] = random.choice(_TOKENS).decode("utf-8", "replace")
    else:
        rows = changed(rows, random)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(row if isinstance(row, list) else [row] for row in rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


_STRUCTURES: dict[str, Callable[[bytes, Random], bytes]] = {"json": _json, "jsonl": _jsonl, "yaml": _yaml, "csv": _csv}
_TEXTS = frozenset({*_STRUCTURES, "text", "http"})
