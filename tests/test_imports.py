"""The import table: who may know whom. A new arrow is a decision; it is made here."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from evalkit.base.extras import CORE, DISTRIBUTION, EXTRAS, extra_of
from tests.architecture import ROOT, TOP, Import, circle, dot, imports, modules, room, room_arrows, rooms

# One row per room of evalkit with its floor, from the ground up: a room may import rooms of lower floors only.
TABLE: dict[str, int] = {
    "types": 0,
    "errors": 0,
    "base": 2,
    "statistics": 2,
    "clips": 3,
    "metrics": 3,
    "records": 3,
    "weights": 3,
    "extractors": 4,
    "protocol": 4,
    "tables": 4,
    "datasets": 5,
    "figures": 5,
    "method": 5,
    "scoring": 5,
    "adapter": 6,
    "calibration": 6,
    "doctor": 6,
    "runs": 6,
    "leaderboard": 7,
    "study": 7,
    "gating": 8,
    "report": 9,
    "api": 10,
    "cli": 11,
}
MOST_ROOMS = 25

METHODS_MAY_IMPORT = {"types", "errors", "base.extras", "base.files", "clips.video", "extractors.", "weights."}
METHODS_MAY_IMPORT |= {"method.interface", "method.checkpoints"}

# The lab trains a method or looks into it: it indexes data and extracts features as a run does, and draws figures. The
# method itself must not need it. What it imports may also be in the extra `train`.
LAB = {"sfd.lab."}
LAB_MAY_IMPORT = METHODS_MAY_IMPORT | {"base.places", "base.yamlfile", "datasets.", "figures.", "metrics."}
LAB_MAY_IMPORT |= {"scoring.cache", "scoring.features", "base.digests", "base.processes"}

# These train a method several times over and compare what came of it: they start runs and put tables together.
EXPERIMENTS = {"sfd.lab.ablation", "sfd.lab.ablation_table", "sfd.lab.stages", "sfd.lab.stage_scores"}
EXPERIMENTS_MAY_IMPORT = LAB_MAY_IMPORT | {"method.", "protocol.", "records.", "runs.", "scoring.", "tables."}

# Libraries that belong to some files only; the rest of evalkit does not know them.
LIBRARIES: dict[str, set[str]] = {
    "av": {"clips.", "doctor.probe"},
    "PIL": {
        "api.trackers.tensorboard",
        "calibration.",
        "clips.",
        "datasets.drawn.",
        "extractors.deep3d.",
        "extractors.inception_resize",
        "gating.strips",
        "runs.contact_sheet",
        "runs.pair_video",
    },
    "torch": {
        "api.callbacks.",
        "api.wrappers.torchmetrics",
        "runs.devices",
        "runs.speed.kernel",
        "doctor.probe",
        "extractors.",
    },
    "onnxruntime": {"extractors."},
    "dlib": {"extractors."},
    "cv2": {"extractors."},
    "mediapipe": {"extractors."},
    "typer": {"cli."},
    "rich": {"api.progress", "cli.", "runs.progress"},
    "pyarrow": {"records.all_outcomes", "records.clip_scores", "records.frame_scores", "runs.summary"},
    "pooch": {"weights."},
    "huggingface_hub": {"weights."},
    "wandb": {"api.trackers.wandb"},
    "mlflow": {"api.trackers.mlflow"},
    "torchmetrics": {"api.wrappers.torchmetrics"},
}

# Scripts of external methods that run in the environments of their repositories.
RUN_ELSEWHERE = {
    "face_adapter.every_frame",
    "follow_your_emoji.landmarks",
    "pirenderer_official.database",
    "wan_animate_diffusers.worker",
}

# Imported names whose distribution is called otherwise.
DISTRIBUTIONS = {"PIL": "pillow", "yaml": "pyyaml", "skimage": "scikit-image", "dlib": "dlib-bin"}
DISTRIBUTIONS |= {"cv2": "opencv-python", "mlflow": "mlflow-skinny", "sklearn": "scikit-learn"}


def inside(module: str, rows: set[str]) -> bool:
    """Whether a module (without the leading `evalkit.`) is one of `rows` or in one of its packages."""
    return any(module == row or (row.endswith(".") and f"{module}.".startswith(row)) for row in rows)


def own(name: str) -> bool:
    return name.partition(".")[0] in TOP


def short(name: str) -> str:
    return name.partition(".")[2]


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", entry)[0] for entry in requirements}


def test_every_module_has_a_row_and_every_row_a_room():
    homeless = [module for module in modules() if (found := room(module)) and found not in TABLE]
    assert homeless == [], "give their rooms a row in TABLE"
    assert sorted(set(TABLE) - rooms()) == [], "no such room; delete its row"


@pytest.mark.parametrize("name", list(TABLE))
def test_no_arrow_leads_upward(name):
    arrows = [each for (start, _), found in room_arrows().items() if start == name for each in found]
    assert [str(each) for each in arrows if TABLE[room(each.name) or ""] >= TABLE[name]] == []


def test_the_house_stays_small():
    assert list(TABLE.values()) == sorted(TABLE.values()), "TABLE goes from the ground up"
    assert len(rooms()) <= MOST_ROOMS


def test_evalkit_never_imports_a_method():
    assert [str(i) for i in imports() if i.module.startswith("evalkit") and i.name.startswith("baselines")] == []


def test_nothing_uses_names_that_are_kept_for_one_release():
    assert [str(i) for i in imports() if i.name.startswith("evalkit.adapter")] == []


def border_of(module: str) -> set[str]:
    """What a module of `baselines` may import of evalkit."""
    if inside(module, EXPERIMENTS):
        return EXPERIMENTS_MAY_IMPORT
    return LAB_MAY_IMPORT if inside(module, LAB) else METHODS_MAY_IMPORT


def test_methods_see_the_border_only():
    wrong = [
        str(i)
        for i in imports()
        if i.module.startswith("baselines") and i.name.startswith("evalkit") and i.name != "evalkit_worker"
        if not inside(short(i.name), border_of(short(i.module)))
    ]
    assert wrong == []


def test_methods_know_their_own_folder_and_what_is_shared():
    def folder(name: str) -> str:
        return short(name).partition(".")[0]

    def may(i: Import) -> bool:
        # Methods that say so in their cards are made of another one's networks.
        return folder(i.name) in ("_shared", folder(i.module)) or (folder(i.module) != "_shared" and is_card(i.name))

    def is_card(name: str) -> bool:
        return (ROOT / "baselines" / folder(name) / "method.yaml").is_file()

    found = [i for i in imports() if i.module.startswith("baselines.") and i.name.startswith("baselines.")]
    assert [str(i) for i in found if not may(i)] == []


def test_methods_run_without_what_trains_them():
    adapters = {f"baselines.{row.partition('.')[0]}.adapter" for row in LAB}
    needed, waiting = set[str](), sorted(adapters)
    while waiting:
        module = waiting.pop()
        found = {i.name for i in imports() if i.module == module and i.name.startswith("baselines")}
        waiting += sorted(found - needed)
        needed |= found
    assert {"baselines.sfd.model", "baselines.sfd.weights"} <= needed
    assert [module for module in sorted(needed) if inside(short(module), LAB)] == []


def test_only_the_command_line_imports_the_command_line():
    outside = [i for i in imports() if room(i.module) != "cli" and i.module != "evalkit.__main__"]
    assert [str(i) for i in outside if room(i.name) == "cli"] == []


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


def test_only_the_readers_decode():
    decoders = {"evalkit.clips.streams", "evalkit.clips.pictures", "evalkit.clips.sound"}
    calls = {
        module
        for module, path in modules().items()
        if module.startswith("evalkit.clips.")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("decode", "demux") and not _is_text(node)
    }
    # This one copies packets from file to file as they are.
    assert calls == decoders | {"evalkit.clips.silence"}


def _is_text(node: ast.Attribute) -> bool:
    """Whether it is bytes that are decoded: a slice or a line of a file."""
    return isinstance(node.value, ast.Subscript) or (isinstance(node.value, ast.Name) and node.value.id == "header")


def distribution(name: str) -> str:
    top = name.partition(".")[0]
    return DISTRIBUTIONS.get(top, top.replace("_", "-"))


def test_nothing_is_imported_that_is_not_a_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = names_of(project["dependencies"])
    outside = [i for i in imports() if i.name.partition(".")[0] not in (*sys.stdlib_module_names, *TOP)]
    foreign = [i for i in outside if short(i.module) not in RUN_ELSEWHERE]
    assert [str(i) for i in foreign if distribution(i.name) not in needed and extra_of(i.name) is None] == []


def test_every_extra_brings_the_modules_it_is_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert project["name"] == DISTRIBUTION
    large = {"ray"}  # 200 MB for those who have a cluster
    assert extras.pop("all") == [f"{DISTRIBUTION}[{','.join(name for name in EXTRAS if name not in large)}]"]
    assert set(extras) == set(EXTRAS)
    for extra, libraries in EXTRAS.items():
        assert {distribution(library) for library in libraries} <= names_of(extras[extra])
        # These stand in two extras; each has one name to be installed by.
        others = names_of(extras[extra]) - {distribution(library) for library in libraries}
        assert others <= {"matplotlib", "opencv-contrib-python", "opencv-python", "tensorboard"}


def test_optional_libraries_used_only_for_training_stay_there():
    wrong = [str(i) for i in imports() if extra_of(i.name) == "train" and not (i.lazy and inside(short(i.module), LAB))]
    assert wrong == []


def test_no_circles():
    among_rooms: dict[str, set[str]] = {}
    for start, end in room_arrows():
        among_rooms.setdefault(start, set()).add(end)
    assert circle(among_rooms) == []
    # A package and the modules in it know each other; what counts is what stands in their files.
    among_modules: dict[str, set[str]] = {}
    for i in imports():
        if own(i.name) and i.name in modules() and i.name != i.module and i.name not in TOP:
            among_modules.setdefault(i.module, set()).add(i.name)
    assert circle(among_modules) == []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_the_picture_shows_every_room():
    drawn = dot()
    assert all(f'"{name}"' in drawn for name in rooms()) and drawn.count("->") == len(room_arrows())


PACKAGES = [name for name, path in modules().items() if path.name == "__init__.py"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_is_in_it(package):
    depth = package.count(".") + 1
    inside_it = {
        name.rpartition(".")[2] for name in modules() if name.startswith(f"{package}.") and name.count(".") == depth
    }
    text = ast.get_docstring(ast.parse(modules()[package].read_text(encoding="utf-8"))) or ""
    listed = {match[1] for match in re.finditer(r"^(\w+) {2,}\S", text, re.MULTILINE)}
    # Methods are listed by `evalkit methods list`, and a `__main__` is its package's command.
    methods = {path.parent.name for path in ROOT.glob("baselines/*/method.yaml")} if package == "baselines" else set()
    unlisted = inside_it - listed - methods - {"__main__"}
    assert not unlisted, f"the docstring of {package}/__init__.py does not list {sorted(unlisted)}"


def test_the_core_names_no_method():
    # Two formats of published pair lists are called after the repositories they come from.
    formats = {("evalkit.protocol.import_list", "fomm"), ("evalkit.protocol.import_list", "dagan")}
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


def test_the_core_is_what_every_installation_brings():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {distribution(module) for module in CORE} == names_of(project["dependencies"])


def test_the_doctor_itself_needs_no_library_that_may_be_broken():
    """What its own process imports is evalkit's; everything else happens in children."""
    own_process = {"evalkit.doctor." + name for name in ("facts", "children", "libraries", "rows", "diagnose")}
    own_process |= {
        "evalkit.base.extras",
        "evalkit.records.provenance",
        "evalkit.base.places",
        "evalkit.base.system_libraries",
    }
    foreign = [i for i in imports() if i.module in own_process and not i.lazy and not own(i.name)]
    assert [str(i) for i in foreign if i.name.partition(".")[0] not in sys.stdlib_module_names] == []


def test_a_run_does_not_wait_for_all_statistics_of_scipy():
    """`scipy.stats` is a third of what a command imports; quantiles of Student's t are in `scipy.special`."""
    code = "import sys, evalkit.runs.choices; print('scipy.special' in sys.modules, 'scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
