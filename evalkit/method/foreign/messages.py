"""Messages between evalkit and a worker: `EVK1`, the length as four bytes (big-endian), JSON in UTF-8.

A worker moves its prints to stderr, but what starts before it (an activation script, `sitecustomize`) may print first:
whatever is not a message is skipped.
"""

import json
import os
import select
import struct
import time
from typing import IO, Any

from evalkit.errors import MethodError

MARK = b"EVK1"
LONGEST = 1 << 20
_BLOCK = 1 << 16


def pack(message: dict[str, Any]) -> bytes:
    """A message as it is sent."""
    text = json.dumps(message).encode()
    return MARK + struct.pack(">I", len(text)) + text


class Reader:
    """Reads messages from a pipe, each until a deadline (`time.monotonic`)."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._waiting = bytearray()

    def read(self, deadline: float) -> dict[str, Any] | None:
        """The next message; None at the end of the pipe.

        Raises `TimeoutError` at the deadline, `MethodError` for a message that cannot be read.
        """
        while True:
            if (message := self._next()) is not None:
                return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ready, _, _ = select.select([self._pipe], [], [], left)
            if ready:
                block = os.read(self._pipe.fileno(), _BLOCK)
                if not block:
                    return None
                self._waiting += block

    def _next(self) -> dict[str, Any] | None:
        begins = self._waiting.find(MARK)
        if begins < 0:
            # The end of it may be the beginning of a mark.
            del self._waiting[: max(0, len(self._waiting) - len(MARK) + 1)]
            return None
        del self._waiting[:begins]
        if len(self._waiting) < 8:
            return None
        length = struct.unpack(">I", self._waiting[4:8])[0]
        if length > LONGEST:
            raise MethodError(f"sent a message of {length} bytes; {LONGEST} at most are expected")
        if len(self._waiting) < 8 + length:
            return None
        text = bytes(self._waiting[8 : 8 + length])
        del self._waiting[: 8 + length]
        try:
            message = json.loads(text)
        except ValueError as error:
            raise MethodError(f"sent a message that is not JSON: {text[:80]!r}") from error
        if not isinstance(message, dict):
            raise MethodError(f"sent a message that is no object: {text[:80]!r}")
        return message
