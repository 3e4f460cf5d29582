"""Where the clips of an audit lie: those of a method in a folder named after what made them."""

from dataclasses import replace
from pathlib import Path

from evalkit.calibration.audit.conditions import conditions
from evalkit.calibration.audit.measure import Entrant, Plan, clip_path
from evalkit.method.find import build_method, find_method
from evalkit.method.interface import MethodConfig
from evalkit.method.made_by import made_by, watched_files
from evalkit.types import Pair
from tests.fakes import make_clip, make_protocol


def test_a_method_of_the_same_name_with_other_weights_has_clips_of_its_own():
    entry, config = find_method("copy_source"), MethodConfig()
    entrant = Entrant(build_method(entry, config), made_by(entry, config), watched_files(entry, config))
    other = replace(entrant, made_by=replace(entrant.made_by, checkpoint_sha256="0" * 64))
    pair = Pair("p", make_clip("a", "a"), (0,), make_clip("b", "b"))
    plans = [
        Plan(make_protocol(), (pair,), conditions(quick=True), {"copy_source": one}, (), ()) for one in (entrant, other)
    ]
    folder = Path("clips")
    mine, others = (clip_path(folder, plan, "copy_source", pair) for plan in plans)
    assert mine == folder / f"copy_source-{entrant.made_by.digest[:8]}" / "p.mkv" != others
    assert clip_path(folder, plans[0], "blur-3", pair) == clip_path(folder, plans[1], "blur-3", pair)
