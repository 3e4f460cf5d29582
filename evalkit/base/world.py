"""The process as the code of one method sees it: what that code changes is put back when it is left.

Research code changes directories, sets `torch` defaults, parses `sys.argv`, prints, and has a `utils.py` of its own.
Inside `World.inside` it may; outside, evalkit and every other method find the process as it was, and the next step of
the same method finds its own changes again. What cannot be put back (patched functions of other modules, files, memory,
`os._exit`) is not: docs/security.md.
"""

import contextlib
import functools
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

_LONGEST = 500


@dataclass(frozen=True)
class Setting:
    """One thing that code can change for the whole process: how it is read and put back, and what it is by default.

    The `default` stands for a library that was not loaded before the method's code; None: what it found is kept.
    """

    get: Callable[[], Any]
    put: Callable[[Any], object]
    default: Any = None


class World:
    """What one method's code changed in this process, kept while that code does not run.

    Modules beside the adapter, in `folder`, are found as if it was a script there, and by no other method.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder.resolve() if folder else None
        self._changed: dict[str, Any] = {}
        self._environment: dict[str, str | None] = {}
        self._path: list[str] = []
        self._modules: dict[str, ModuleType] = {}
        self._inside = False

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Inside, this method's code runs: with what it changed before, and printing to stderr."""
        if self._inside:
            yield
            return
        with contextlib.ExitStack() as stack:
            self._inside = True
            stack.callback(setattr, self, "_inside", False)
            for enter in (self._settings, self._variables, self._imports, _signals, _output):
                stack.enter_context(enter())
            yield

    def forget_modules(self) -> None:
        """The next import of a module beside the adapter reads its file."""
        self._modules.clear()
        self.__dict__.pop("_beside", None)

    @functools.cached_property
    def _beside(self) -> frozenset[str]:
        """Top-level names of the modules and packages beside the adapter."""
        if self._folder is None:
            return frozenset()
        found = {path.stem for path in self._folder.glob("*.py")}
        found |= {path.parent.name for path in self._folder.glob("*/*.py")}
        return frozenset(found - sys.stdlib_module_names - {"evalkit", "baselines"})

    @contextlib.contextmanager
    def _settings(self) -> Iterator[None]:
        ours = {name: setting.get() for name, setting in _settings().items()}
        _put(self._changed)
        try:
            yield
        finally:
            now = _settings()
            theirs = {name: setting.get() for name, setting in now.items()}
            before = {name: ours.get(name, setting.default) for name, setting in now.items()}
            self._changed = {
                name: value
                for name, value in theirs.items()
                if before[name] is not None and not _same(value, before[name])
            }
            _put({name: before[name] for name in self._changed})

    @contextlib.contextmanager
    def _variables(self) -> Iterator[None]:
        ours = dict(os.environ)
        _set_variables(self._environment)
        try:
            yield
        finally:
            theirs = dict(os.environ)
            names = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
            self._environment = {name: theirs.get(name) for name in names}
            _set_variables({name: ours.get(name) for name in names})

    @contextlib.contextmanager
    def _imports(self) -> Iterator[None]:
        """The method's own search path and modules, in place of others of the same names.

        No bytecode is left beside the adapter: it is taken for the code as long as time (in seconds) and size agree,
        and so can be older than what was hashed.
        """
        ours, argv, folder, bytecode = list(sys.path), sys.argv, self._folder, sys.dont_write_bytecode
        sys.dont_write_bytecode = bytecode or folder is not None
        own = [str(folder)] if folder else []
        sys.path[:] = [*own, *self._path, *ours]
        sys.argv = [str(folder / "adapter.py") if folder else argv[0] if argv else ""]
        # Thousands of modules are loaded; where none has a name of ours, none below it has to be looked for.
        tops = self._beside & sys.modules.keys()
        hidden = {name: one for name, one in sys.modules.items() if name.partition(".")[0] in tops} if tops else {}
        for name in hidden:
            del sys.modules[name]
        sys.modules.update(self._modules)
        before = set(sys.modules) - set(self._modules)
        try:
            yield
        finally:
            self._path = [place for place in sys.path if place not in (*ours, *own)]
            sys.path[:], sys.argv, sys.dont_write_bytecode = ours, argv, bytecode
            found = {name: sys.modules[name] for name in set(sys.modules) - before}
            self._modules = {name: module for name, module in found.items() if self._is_own(name, module)}
            for name in self._modules:
                del sys.modules[name]
            sys.modules.update(hidden)

    def _is_own(self, name: str, module: ModuleType) -> bool:
        if self._folder is None or name.partition(".")[0] not in self._beside:
            return False
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
        return any(place and Path(place).resolve().is_relative_to(self._folder) for place in places)


@contextlib.contextmanager
def put_back() -> Iterator[None]:
    """Inside, code from outside is imported; settings, signal handlers and stdout are afterwards what they were.

    Its search path and its environment variables stay, for what it imports later.
    """
    with World()._settings(), _signals(), _output():
        yield


@functools.cache
def world_of(folder: Path | None, name: str) -> World:
    """The world of a method: of the one in a user's `folder`, or of one called `name` that is installed."""
    return World(folder)


def left(error: SystemExit) -> str:
    """How code that ends the process says so: with a text, or a number."""
    if isinstance(error.code, str):
        return f"exited: {shortened(error.code)}"
    return f"exited with code {error.code or 0}"


def shortened(text: str) -> str:
    """A text of foreign code, cut where it goes on and on."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def said_by(error: BaseException) -> str:
    """The text of an error of foreign code, cut; some raise another one when they are asked for it."""
    try:
        return shortened(str(error))
    except Exception:
        return "(an error whose text cannot be read)"


def _put(values: Mapping[str, Any]) -> None:
    known = _settings()
    for name, value in values.items():
        if name in known:
            known[name].put(value)


def _set_variables(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one.equal(other)) if hasattr(one, "equal") else bool(one == other)


def _settings() -> dict[str, Setting]:
    """All that can be read now; those of PyTorch once it is loaded."""
    found = dict(_OF_PYTHON)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_default_device"):
        found |= _of_torch(torch)
    return found


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now


def _cwd() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return None


def _put_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]


_OF_PYTHON = {
    "working directory": Setting(_cwd, os.chdir),
    "umask": Setting(_umask, os.umask),
    "locale": Setting(lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name)),
    "recursion limit": Setting(sys.getrecursionlimit, sys.setrecursionlimit),
    "warnings": Setting(lambda: list(warnings.filters), _put_filters),
    "random": Setting(random.getstate, random.setstate),
    "numpy.random": Setting(lambda: np.random.get_state(legacy=True), np.random.set_state),
    "numpy errors": Setting(np.geterr, lambda known: np.seterr(**known)),
}


def _of_torch(torch: Any) -> dict[str, Setting]:
    def attribute(owner: Any, name: str, default: bool) -> Setting:
        return Setting(lambda: getattr(owner, name), lambda value: setattr(owner, name, value), default)

    def deterministic() -> tuple[bool, bool]:
        return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()

    def put_deterministic(value: tuple[bool, bool]) -> None:
        torch.use_deterministic_algorithms(value[0], warn_only=value[1])

    def put_device(device: Any) -> None:
        torch.set_default_device(None if str(device) == "cpu" else device)

    cudnn = torch.backends.cudnn
    return {
        "torch dtype": Setting(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
        "torch device": Setting(torch.get_default_device, put_device, torch.device("cpu")),
        "torch grad": Setting(torch.is_grad_enabled, torch.set_grad_enabled, True),
        "torch threads": Setting(torch.get_num_threads, torch.set_num_threads),
        "torch deterministic": Setting(deterministic, put_deterministic, (False, False)),
        "torch matmul": Setting(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
        "torch random": Setting(torch.get_rng_state, torch.set_rng_state),
        "cudnn benchmark": attribute(cudnn, "benchmark", False),
        "cudnn deterministic": attribute(cudnn, "deterministic", False),
        "cudnn enabled": attribute(cudnn, "enabled", True),
        "cudnn tf32": attribute(cudnn, "allow_tf32", True),
    }


_HANDLED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGPIPE")


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Handlers are put back and not given again: Ctrl-C is the user's. So is an alarm that the code left running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in _HANDLED}
    alarm, _ = signal.getitimer(signal.ITIMER_REAL)
    try:
        yield
    finally:
        if not alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in ours.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)


@contextlib.contextmanager
def _output() -> Iterator[None]:
    """What is printed goes to stderr, also by libraries and programs that the code starts: stdout is for results."""
    out, err = sys.stdout, sys.stderr
    sys.stdout = err
    with contextlib.suppress(OSError, ValueError, AttributeError):
        out.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of them is closed
        kept = None
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
