"""Libraries of the core and of every extra: which are installed, which are broken, and the remedy."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from evalkit.base.extras import CORE, EXTRAS, install_command
from evalkit.base.system_libraries import missing_system_library
from evalkit.doctor.children import Answer
from evalkit.doctor.facts import Library

DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "PIL": ("pillow",),
    "yaml": ("pyyaml",),
    "dlib": ("dlib-bin", "dlib"),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "cv2": ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless"),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
}
"""Module -> the distributions that provide it, if their names differ."""


def all_libraries(answers: Mapping[str, Answer]) -> list[Library]:
    """The core's libraries, then those of the extras; `answers` are to "import:<module>"."""
    core = [judge(module, None, answers[f"import:{module}"]) for module in CORE]
    pairs = [(extra, module) for extra, modules in EXTRAS.items() for module in modules]
    return core + [judge(module, extra, answers[f"import:{module}"]) for extra, module in pairs]


def judge(module: str, extra: str | None, answer: Answer) -> Library:
    """A library by what its import said."""
    versions = installed_versions(module)
    if not answer.problem:
        return Library(module, extra, versions, "ok")
    if answer.absent:
        return Library(module, extra, versions, "missing", "not installed", install_command([module]))
    system = missing_system_library(answer.problem)
    names = " ".join(versions) or module
    again = f"Install it again: pip install --force-reinstall {names}"
    return Library(module, extra, versions, "broken", answer.problem, system or again)


def installed_versions(module: str) -> dict[str, str]:
    """Distribution -> version, of those that provide `module` and are installed."""
    found = {}
    for name in DISTRIBUTIONS.get(module, (module.replace("_", "-"),)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
