"""One generic registry: name -> object, or a "module:attribute" string that is imported when asked for."""

import importlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast, overload

from evalkit.base.plugins import Broken, Offer, explained, offers, state
from evalkit.errors import PluginError, UnknownNameError

T = TypeVar("T")
Other = TypeVar("Other")


@dataclass(frozen=True)
class _Outside(Generic[T]):
    """What plugins provide, as long as `state` is unchanged."""

    state: object = None
    things: dict[str, T] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()


class Registry(Mapping[str, T]):
    """Names of one kind of thing, evalkit's own in the order they were registered, then those of plugins by group.

    Duplicates raise; the error for an unknown name lists the nearest known ones. Plugins are imported only for a name
    that evalkit does not have itself, or when all names are asked for; one that cannot be used does not affect the
    others.
    """

    def __init__(
        self, kind: str, group: str | None = None, adopt: Callable[[Offer], tuple[str, T]] | None = None
    ) -> None:
        """`adopt` turns what a plugin of `group` offers into a name and an object, or raises `PluginError`."""
        self.kind = kind
        self._group, self._adopt = group, adopt
        self._entries: dict[str, T | str] = {}
        self._found: _Outside[T] = _Outside()
        self._lock, self._loading = threading.RLock(), False

    def register(self, name: str, entry: T | str) -> None:
        """Add `entry`, either the object itself or "package.module:attribute", under `name`."""
        if name in self._entries:
            raise ValueError(f"{self.kind} {name!r} is registered twice")
        self._entries[name] = entry

    def __getitem__(self, name: str) -> T:
        """The object called `name`, imported now if it was registered by address. Raises `UnknownNameError`."""
        if name in self._entries:
            return self._shipped(name)
        outside = self._outside()
        if name in outside.things:
            return outside.things[name]
        raise UnknownNameError(self.kind, name, self, " ".join(map(str, outside.broken)))

    @overload
    def get(self, name: str) -> T | None: ...
    @overload
    def get(self, name: str, default: T | Other) -> T | Other: ...
    def get(self, name: str, default: T | Other | None = None) -> T | Other | None:
        """The object called `name`, or `default` if the name is unknown."""
        if name in self:
            return self[name]
        return default

    def __iter__(self) -> Iterator[str]:
        yield from (*self._entries, *self._outside().things)

    def __len__(self) -> int:
        return len(self._entries) + len(self._outside().things)

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._outside().things

    def shipped(self) -> list[str]:
        """The names of what comes with evalkit; loads no plugin."""
        return list(self._entries)

    def plugged(self) -> Mapping[str, T]:
        """What plugins provide, by name."""
        return dict(self._outside().things)

    def broken(self) -> tuple[Broken, ...]:
        """What plugins provide that cannot be used."""
        return self._outside().broken

    @contextmanager
    def also(self, entries: Mapping[str, T]) -> Iterator[None]:
        """Inside, `entries` are registered as well and override entries of the same name. For tests."""
        before = self._entries
        self._entries = {**before, **entries}
        try:
            yield
        finally:
            self._entries = before

    def _shipped(self, name: str) -> T:
        entry = self._entries[name]
        if isinstance(entry, str):
            module, _, attribute = entry.partition(":")
            entry = cast(T, getattr(importlib.import_module(module), attribute))
            self._entries[name] = entry
        return entry

    def _outside(self) -> _Outside[T]:
        if self._adopt is None or self._group is None:
            return self._found
        with self._lock:
            # A plugin that looks names up while it is imported sees what there was before.
            if not self._loading and (now := state()) != self._found.state:
                self._loading = True
                try:
                    self._found = self._load(now)
                finally:
                    self._loading = False
            return self._found

    def _load(self, now: object) -> _Outside[T]:
        assert self._adopt is not None and self._group is not None
        things: dict[str, T] = {}
        broken: list[Broken] = []
        for offer in offers(self._group):
            if isinstance(offer, Broken):
                broken.append(offer)
                continue
            try:
                name, thing = self._adopt(offer)
                if name in self._entries or name in things:
                    raise PluginError(f"there is a {self.kind} called {name!r} already.")
                things[name] = thing
            except PluginError as error:
                broken.append(Broken(offer.plugin.label, str(error)))
            except Exception as error:
                # Looking at a thing may run its code: a property, a comparison.
                broken.append(Broken(offer.plugin.label, f"{explained(error)}."))
        return _Outside(now, things, tuple(broken))
