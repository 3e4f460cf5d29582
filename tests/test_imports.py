"""The import table: who may know whom. A new arrow is a decision; it is made here."""

import ast
import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from evalkit.extras import CORE, DISTRIBUTION, EXTRAS, extra_of
from evalkit.imports import Roots, imports_of

ROOT = Path(__file__).resolve().parent.parent
TOP = ("evalkit", "baselines")
ROOTS = Roots({top: ROOT / top for top in TOP})

# Rows of evalkit: the modules a module (or, with a dot at the end, everything in a package) may import beside itself.
BASICS = {"types", "errors", "registry", "files", "resources"}
TABLE: dict[str, set[str]] = {
    "types": set(),
    "errors": set(),
    "extras": {"errors", "system_libraries"},
    "system_libraries": set(),
    "provenance": {"extras"},
    "doctor": set(),
    "doctor.facts": set(),
    "doctor.children": set(),
    "doctor.probe": {"doctor."},
    "doctor.libraries": {"doctor.", "extras", "system_libraries"},
    "doctor.rows": {"doctor.", "files"},
    "doctor.folders": {"cache", "doctor.", "weights."},
    "doctor.lacking": BASICS
    | {"availability", "checkpoints", "doctor.", "extractors.", "extras", "methods", "metrics.", "protocol"}
    | {"weights."},
    "doctor.diagnose": {"doctor.", "extras", "provenance", "resources"},
    "resources": set(),
    "validation": set(),
    "yamlfile": {"errors", "files"},
    "bootstrap": {"types"},
    "registry": {"errors"},
    "files": {"errors"},
    "csvfile": {"errors"},
    "video": {"types", "errors", "files"},
    "browser_video": {"types", "errors", "files"},
    "cache": {"types", "errors", "files"},
    "records": {"types", "errors", "files"},
    "json_record": {"errors", "files", "records", "validation"},
    "run_record": {"types", "errors", "json_record"},
    "runfolder": {"types", "errors", "files", "json_record", "records", "run_record"},
    "adapter": {"types", "errors", "video"},
    "protocol": BASICS | {"validation", "yamlfile"},
    "pairs": {"types", "errors", "csvfile", "protocol", "video"},
    "aliases": {"errors", "validation", "yamlfile"},
    "methods": BASICS | {"adapter", "aliases", "extras", "method_code", "validation", "yamlfile"},
    "cost": {"run_record", "runfolder"},
    "generate": {"types", "errors", "extras", "files", "adapter", "cost", "protocol", "video"},
    "metrics.": {"types", "errors", "registry"},
    "extractors.": {"types", "errors", "extras", "registry", "video", "weights."},
    "weights.": BASICS | {"cache", "extras", "validation"},
    "demo.": {"types", "errors"},
    "datasets.": BASICS | {"cache", "csvfile", "demo.", "prepare.", "video"},
    "worker_pool": {"errors"},
    "prepare.": BASICS | {"csvfile", "extractors.", "pairs", "protocol", "video", "worker_pool"},
    "coefficients": BASICS | {"extractors.", "protocol", "video"},
    "study.": BASICS
    | {"bootstrap", "browser_video", "csvfile", "evaluate", "json_record", "measured", "protocol"}
    | {"records", "run_record"}
    | {"runfolder", "sources", "table", "validation", "video"},
    "figures.": {"types", "errors", "files"},
    "plots": {"types", "errors", "figures.", "measured", "metrics.", "records", "run_record", "runfolder"},
    "sources": {"types", "errors", "datasets.", "protocol", "run", "run_record", "validation"},
    "batching": {"types", "extractors."},
    "features": {"types", "errors", "files", "batching", "cache", "extractors.", "video"},
    "table": {"types", "errors", "measured", "metrics.", "run_record"},
    "table_formats": {"types", "errors", "table", "table_latex"},
    "table_latex": {"table"},
    "": set(),
    "__main__": {"cli."},
    "imports": set(),
    "method_code": {"files", "imports", "resources"},
    "checkpoints": {"errors", "files", "adapter", "cache", "methods"},
    "protocol_check": {"types", "errors", "csvfile", "pairs", "protocol", "video"},
    "protocol_diff": {"errors", "csvfile", "protocol"},
    "protocol_import": {"types", "errors", "files", "csvfile", "video"},
    "availability": {"extractors.", "extras", "features", "metrics.", "weights."},
    "noface": {"types", "metrics.", "records"},
    "evaluate": {"types", "errors", "batching", "cache", "coefficients", "extractors.", "features", "metrics."}
    | {"noface", "protocol", "records", "video"},
    "scoring": {"types", "errors", "cache", "coefficients", "evaluate", "features", "metrics.", "protocol", "records"},
    "device_pool": {"errors", "cache", "evaluate", "features", "metrics.", "records", "scoring"},
    "sets": {"types", "evaluate", "features", "metrics.", "protocol", "video"},
    "execute": {"types", "errors", "files", "coefficients", "cost", "evaluate", "metrics.", "protocol", "records"}
    | {"run_record", "runfolder", "scoring"},
    "outputs": {"types", "errors", "files", "execute", "protocol", "runfolder", "video"},
    "aggregate": {"types", "bootstrap", "metrics.", "protocol", "records", "run_record", "runfolder", "sets"},
    "summary": {"types", "files", "aggregate", "evaluate", "execute", "json_record", "metrics.", "records"}
    | {"run_record"}
    | {"scoring", "sets"},
    "contact_sheet": {"types", "errors", "aggregate", "execute", "metrics.", "protocol", "runfolder", "video"},
    "run": {"types", "errors", "files", "adapter", "availability", "cache", "checkpoints", "contact_sheet", "cost"}
    | {"datasets.", "execute", "features", "generate", "methods", "metrics.", "noface", "outputs", "pairs", "protocol"}
    | {"json_record", "provenance", "records", "run_record", "runfolder", "scoring", "summary"},
    "measured": {"errors", "run_record"},
    "published": {"types", "errors", "csvfile", "resources", "validation", "yamlfile"},
    "published_tables": {"errors", "published", "table"},
    "ranking": {"types", "bootstrap"},
    "explain": {"errors", "json_record", "measured", "metrics.", "records", "run_record", "runfolder"},
    "calibration.": {"types", "errors", "files", "csvfile", "evaluate", "figures.", "metrics.", "protocol", "sets"}
    | {"video"},
    "gate.": {"types", "errors", "files", "adapter", "bootstrap", "cache", "checkpoints", "evaluate", "features"}
    | {"methods", "metrics.", "protocol", "records", "run", "runfolder", "scoring", "sources", "validation", "video"}
    | {"json_record", "leaderboard.", "run_record", "yamlfile"},
    "leaderboard.": {"errors", "files", "measured", "methods", "plots", "protocol", "published", "published_tables"}
    | {"json_record", "ranking", "records", "run_record", "runfolder", "table", "table_formats", "types"},
    "report.": {"types", "errors", "files", "availability", "browser_video", "cache", "evaluate", "execute"}
    | {"extractors."}
    | {"features", "figures.", "measured", "metrics.", "protocol", "ranking", "records", "runfolder"}
    | {"sources", "table"}
    | {"run_record", "table_formats", "video", "worker_pool"},
    "cli.": {"errors", "resources", "adapter", "availability", "cache", "calibration.", "checkpoints", "coefficients"}
    | {"datasets.", "device_pool", "evaluate", "explain", "extras", "features", "figures.", "gate.", "leaderboard."}
    | {"methods", "metrics.", "outputs", "plots", "prepare.", "protocol", "protocol_check", "protocol_diff"}
    | {"protocol_import", "published", "published_tables", "report.", "run", "scoring", "study.", "table"}
    | {"doctor.", "files", "json_record", "provenance", "system_libraries", "table_formats", "table_latex", "weights."},
}
METHODS_MAY_IMPORT = {"types", "errors", "files", "adapter", "checkpoints", "extractors.", "video", "weights."}

# Modules that train a method or look into it: they index data and extract features as a run does, and draw figures. The
# method itself must not need them. What they import may also be in the extra `train`.
TRAINING = {"sfd.train", "sfd.data", "sfd.training."}
TRAINING |= {"sfd.command", "sfd.descriptors", "sfd.erase", "sfd.figures.", "sfd.inspecting", "sfd.probe"}
TRAINING_MAY_IMPORT = METHODS_MAY_IMPORT | {"cache", "datasets.", "features", "figures.", "metrics."}

# Modules that train a method several times over and compare what came of it: they start runs and put tables together.
EXPERIMENTS = {"sfd.ablation", "sfd.ablation_table", "sfd.stages", "sfd.stage_scores"}
EXPERIMENTS_MAY_IMPORT = TRAINING_MAY_IMPORT | {"measured", "methods", "protocol", "published", "published_tables"}
EXPERIMENTS_MAY_IMPORT |= {"run", "runfolder", "scoring", "table", "table_formats", "table_latex"}

# Libraries that belong to some files only; the rest of evalkit does not know them.
LIBRARIES: dict[str, set[str]] = {
    "av": {"video", "browser_video", "doctor.probe"},
    "PIL": {
        "video",
        "browser_video",
        "contact_sheet",
        "gate.strips",
        "calibration.",
        "demo.",
        "extractors.deep3d.",
        "extractors.inception_resize",
    },
    "torch": {"extractors.", "cli.devices", "doctor.probe"},
    "onnxruntime": {"extractors."},
    "dlib": {"extractors."},
    "cv2": {"extractors."},
    "mediapipe": {"extractors."},
    "typer": {"cli."},
    "rich": {"cli."},
    "pyarrow": {"records", "summary"},
    "pooch": {"weights."},
    "huggingface_hub": {"weights."},
}

# Imported names whose distribution is called otherwise.
DISTRIBUTIONS = {"PIL": "pillow", "yaml": "pyyaml", "skimage": "scikit-image", "dlib": "dlib-bin"}
DISTRIBUTIONS |= {"cv2": "opencv-python", "sklearn": "scikit-learn"}


@dataclass(frozen=True)
class Import:
    """`module` imports `name`; `lazy` when that happens inside a function."""

    module: str
    name: str
    line: int
    lazy: bool

    def __str__(self) -> str:
        return f"{self.module} line {self.line} imports {self.name}"


@cache
def modules() -> dict[str, Path]:
    return ROOTS.modules()


@cache
def imports() -> tuple[Import, ...]:
    return tuple(
        Import(module, one.target(modules().__contains__), one.line, one.lazy)
        for module, path in modules().items()
        for one in imports_of(path, module)
    )


def inside(module: str, rows: set[str]) -> bool:
    """Whether a module (without the leading `evalkit.`) is one of `rows` or in one of its packages."""
    return any(module == row or (row.endswith(".") and f"{module}.".startswith(row)) for row in rows)


def own(name: str) -> bool:
    return name.partition(".")[0] in TOP


def short(name: str) -> str:
    return name.partition(".")[2]


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", entry)[0] for entry in requirements}


def test_every_module_of_evalkit_has_a_row():
    ours = [short(module) for module in modules() if module.partition(".")[0] == "evalkit"]
    assert [module for module in ours if not inside(module, set(TABLE))] == []


def test_imports_are_absolute():
    found = [(module, one) for module, path in modules().items() for one in imports_of(path, module)]
    assert [f"{module} line {one.line}" for module, one in found if one.relative] == []


@pytest.mark.parametrize("row", list(TABLE))
def test_the_table_holds(row):
    if not any(inside(short(module), {row}) for module in modules() if module.partition(".")[0] == "evalkit"):
        pytest.fail(f"{row} is in the table and not in evalkit; delete its row")
    allowed = TABLE[row] | {row}
    wrong = [
        str(i)
        for i in imports()
        if i.module.partition(".")[0] == "evalkit" and inside(short(i.module), {row})
        if own(i.name)
        and i.name != "evalkit"
        and not (i.name.startswith("evalkit.") and inside(short(i.name), allowed))
    ]
    assert wrong == []


def test_evalkit_never_imports_a_method():
    assert [str(i) for i in imports() if i.module.startswith("evalkit") and i.name.startswith("baselines")] == []


def border_of(module: str) -> set[str]:
    """What a module of `baselines` may import of evalkit."""
    if inside(module, EXPERIMENTS):
        return EXPERIMENTS_MAY_IMPORT
    return TRAINING_MAY_IMPORT if inside(module, TRAINING) else METHODS_MAY_IMPORT


def test_methods_see_the_border_only():
    wrong = [
        str(i)
        for i in imports()
        if i.module.startswith("baselines") and i.name.startswith("evalkit")
        if not inside(short(i.name), border_of(short(i.module)))
    ]
    assert wrong == []


def test_methods_run_without_what_trains_them():
    adapters = {f"baselines.{row.partition('.')[0]}.adapter" for row in TRAINING}
    needed = ROOTS.closure(adapters, lambda name: name.startswith("baselines")).keys()
    assert {"baselines.sfd.model", "baselines.sfd.weights"} <= needed
    assert [module for module in sorted(needed) if inside(short(module), TRAINING | EXPERIMENTS)] == []


def test_only_the_command_line_imports_the_command_line():
    outside = [i for i in imports() if not i.module.startswith(("evalkit.cli", "evalkit.__main__"))]
    assert [str(i) for i in outside if i.name.startswith("evalkit.cli")] == []


def test_metrics_are_arithmetic():
    allowed = sys.stdlib_module_names | {"evalkit", "numpy", "scipy"}
    banned = {"os", "pathlib", "io", "time", "datetime", "random", "subprocess", "socket", "urllib", "tempfile"}
    tops = [(i, i.name.partition(".")[0]) for i in imports() if i.module.startswith("evalkit.metrics")]
    assert [str(i) for i, top in tops if top not in allowed or top in banned] == []


@pytest.mark.parametrize("library", list(LIBRARIES))
def test_libraries_stay_where_they_belong(library):
    wrong = [
        str(i)
        for i in imports()
        if i.module.startswith("evalkit") and i.name.partition(".")[0] == library
        if not inside(short(i.module), LIBRARIES[library])
    ]
    assert wrong == []


def test_only_video_decodes():
    calls = [
        f"{module} line {node.lineno}"
        for module in ("evalkit.video", "evalkit.browser_video")
        for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("decode", "demux")
    ]
    assert calls and all(call.startswith("evalkit.video ") for call in calls)


def distribution(name: str) -> str:
    top = name.partition(".")[0]
    return DISTRIBUTIONS.get(top, top.replace("_", "-"))


def test_nothing_is_imported_that_is_not_a_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = names_of(project["dependencies"])
    foreign = [i for i in imports() if i.name.partition(".")[0] not in (*sys.stdlib_module_names, *TOP)]
    assert [str(i) for i in foreign if distribution(i.name) not in needed and extra_of(i.name) is None] == []


def test_every_extra_brings_the_modules_it_is_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert project["name"] == DISTRIBUTION
    assert extras.pop("all") == [f"{DISTRIBUTION}[{','.join(EXTRAS)}]"]
    assert set(extras) == set(EXTRAS)
    for extra, modules in EXTRAS.items():
        assert {distribution(module) for module in modules} <= names_of(extras[extra])
        # matplotlib and mediapipe's own OpenCV stand in two extras; each has one name to be installed by.
        others = names_of(extras[extra]) - {distribution(module) for module in modules}
        assert others <= {"matplotlib", "opencv-contrib-python"}


def test_the_core_is_what_every_installation_brings():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {distribution(module) for module in CORE} == names_of(project["dependencies"])


def test_the_doctor_itself_needs_no_library_that_may_be_broken():
    """What its own process imports is evalkit's; everything else happens in children."""
    own_process = {"evalkit.doctor." + name for name in ("facts", "children", "libraries", "rows", "diagnose")}
    own_process |= {"evalkit.extras", "evalkit.provenance", "evalkit.resources", "evalkit.system_libraries"}
    foreign = [i for i in imports() if i.module in own_process and not i.lazy and not own(i.name)]
    assert [str(i) for i in foreign if i.name.partition(".")[0] not in sys.stdlib_module_names] == []


def test_optional_libraries_used_only_for_training_stay_there():
    wrong = [
        str(i) for i in imports() if extra_of(i.name) == "train" and not (i.lazy and inside(short(i.module), TRAINING))
    ]
    assert wrong == []


def test_no_circles():
    """Neither at the top of modules nor through imports inside functions."""
    arrows: dict[str, set[str]] = {module: set() for module in modules()}
    for i in imports():
        if own(i.name) and i.name in arrows and i.name != i.module:
            arrows[i.module].add(i.name)
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for other in sorted(arrows[module]):
                visit(other, (*path, module))
            done.add(module)

    for module in arrows:
        visit(module, ())


def test_the_core_names_no_method():
    # Two formats of published pair lists are called after the repositories they come from.
    formats = {("evalkit.protocol_import", "fomm"), ("evalkit.protocol_import", "dagan")}
    ids = {path.parent.name for pattern in ("method.yaml", "model.py") for path in ROOT.glob(f"baselines/*/{pattern}")}
    assert {"copy_source", "landmark_warp"} <= ids
    named = [
        f"{module} line {node.lineno}: {node.value!r}"
        for module, path in modules().items()
        if module.startswith("evalkit")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in ids and (module, node.value) not in formats
    ]
    assert named == []
