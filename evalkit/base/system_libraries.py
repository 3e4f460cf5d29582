"""Libraries of the operating system that Python packages load, and the package that provides each."""

import re

_PACKAGES = {
    "libxcb.so.1": "libgl1 libglib2.0-0",  # what OpenCV misses first on a bare system; libgl1 brings it
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libSM.so.6": "libsm6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
}
"""Shared library -> its packages on Debian and Ubuntu."""


def missing_system_library(message: str) -> str | None:
    """What to do if the message of a failed import says that a system library is missing; None if it says otherwise."""
    found = re.search(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file", message)
    if found is None:
        return None
    package = _PACKAGES.get(found[1])
    hint = f" On Debian and Ubuntu: apt-get install {package}" if package else ""
    return f"The system library {found[1]} is missing.{hint}"
