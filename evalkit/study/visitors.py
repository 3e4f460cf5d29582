"""Who may ask: names under which a study is reached, and pages that may send answers.

A page of somebody else, open in the browser of whoever serves, can let its own name lead to this machine (DNS
rebinding) or send answers unasked (CSRF). The first needs a name, so that addresses are always right and names only
when they were said; the second comes with the origin of that page.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s]+)(:[0-9]{1,5})?")
_HERE = "localhost"


@dataclass(frozen=True)
class Visitors:
    """`names` are host names under which raters reach the server, `host` is what it listens on."""

    names: Collection[str] = ()
    host: str = _HERE

    @classmethod
    def under(cls, names: Collection[str], host: str) -> "Visitors":
        """Those who ask for one of `names`, written as anyone likes."""
        return cls(frozenset(map(_same, names)), _same(host))

    def may_ask(self, host: str) -> bool:
        """Whether a Host header is an address, this machine, or one of the names."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = _same(found[1])
        return name in (_HERE, self.host, *self.names) or _is_address(name)

    def may_send(self, origin: str, host: str) -> bool:
        """Whether a page of this origin may send answers to a server asked as `host`; no origin is no browser's page.

        Behind a proxy the host may be another one than the browser's.
        """
        if not origin:
            return True
        scheme, _, rest = origin.partition("://")
        found = _HOST.fullmatch(rest)
        if scheme not in ("http", "https") or found is None:
            return False
        return rest.lower() == host.lower() or _same(found[1]) in self.names


def is_host_name(name: str) -> bool:
    """Whether `name` is a host name without a port."""
    found = _HOST.fullmatch(name)
    return found is not None and found[2] is None


def _same(name: str) -> str:
    return name.lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
