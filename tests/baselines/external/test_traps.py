"""What goes wrong with these repositories, and what becomes of it."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import MethodError
from evalkit.method.external import foreign_of, place_of
from evalkit.method.find import find_method, method_options
from evalkit.method.foreign.doctor import examine
from tests.baselines.external.conftest import expected
from tests.baselines.external.diffusion import ANIPORTRAIT, PERSONALIVE
from tests.baselines.external.repositories import FILES, STYLEHEAT

pytestmark = pytest.mark.slow


def test_aniportrait_takes_its_frames_when_the_sound_fails(standin, animate):
    clone = standin("aniportrait")
    (clone / "audio_from_video.aac").write_text("left over")
    assert np.array_equal(animate("aniportrait", clone), expected(5, 512))
    silent = ANIPORTRAIT.replace("if not sounds or", "if True or")
    (clone / "scripts" / "vid2vid.py").write_text(silent)
    assert np.array_equal(animate("aniportrait", clone, seed=1), expected(5, 512, seed=1))


def test_aniportrait_that_loses_faces_is_short(standin, animate):
    clone = standin("aniportrait")
    short = ANIPORTRAIT.replace("[: a.L]", "[: a.L][:3]")
    (clone / "scripts" / "vid2vid.py").write_text(short)
    with pytest.raises(MethodError, match=r"wrote 3 frames in .*; 5 were expected for 5 driving frames"):
        animate("aniportrait", clone)


def test_two_runs_in_one_clone_wait_for_each_other(standin, animate):
    clone = standin("styleheat")
    (clone / "inference.py").write_text(STYLEHEAT.replace("os.remove(scratch)", "time.sleep(0.5); os.remove(scratch)"))
    found = {}
    threads = [
        threading.Thread(
            target=lambda seed=seed: found.update({seed: animate("styleheat", clone, 2, seed, pair=f"p{seed}")})
        )
        for seed in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[seed], expected(2, 256, 1024, seed=seed)) for seed in (1, 2))


def test_an_import_that_fails_without_a_gpu_says_so(standin, animate):
    clone = standin("hyperreenact_official")
    text = (clone / "run_inference.py").read_text().replace('get("CUDA_VISIBLE_DEVICES") == ""', "get('HOME')")
    (clone / "run_inference.py").write_text(
        text.replace("needs_cuda()", "raise RuntimeError('Found no NVIDIA driver')")
    )
    with pytest.raises(MethodError, match="step animate ended with status 1: RuntimeError: Found no NVIDIA driver"):
        animate("hyperreenact_official", clone)


def test_status_0_without_a_file_is_no_result(standin, animate):
    clone = standin("personalive")
    (clone / "inference_offline.py").write_text(PERSONALIVE.replace("source = at(", "leave('no face')\nsource = at("))
    with pytest.raises(MethodError, match=r"status 0 and made no .*split_vid/source_driving\.mp4: no face"):
        animate("personalive", clone)


def test_a_lossy_video_comes_back_within_its_loss(standin, animate):
    clone = standin("aniportrait")
    shared = (clone / "border.py").read_text().replace("lossless=True", "lossless=False")
    (clone / "border.py").write_text(shared)
    apart = np.abs(animate("aniportrait", clone).astype(int) - expected(5, 512))
    assert 0 < apart.mean() < 2


def test_magicportrait_goes_on_where_it_failed(standin, animate):
    clone = standin("magicportrait_official")
    (clone / "out_of_memory").touch()
    with pytest.raises(MethodError, match="CUDA out of memory"):
        animate("magicportrait_official", clone)
    assert np.array_equal(animate("magicportrait_official", clone), expected(5, 512))
    assert (clone / "renders.txt").read_text() == "x"


def test_magicportrait_without_crops(standin, animate):
    clone = standin("magicportrait_official")
    (clone / "crop_process.py").unlink()
    assert np.array_equal(animate("magicportrait_official", clone, crop="no"), expected(5, 512))


def test_a_driving_frame_without_a_face_stops_follow_your_emoji(standin, animate):
    clone = standin("follow_your_emoji")
    (clone / "media_pipe" / "mp_utils.py").write_text("class LMKExtractor:\n    def __call__(self, p): return None\n")
    with pytest.raises(MethodError, match=r"step landmarks ended with status 1: no face in source\.png"):
        animate("follow_your_emoji", clone)


@pytest.mark.parametrize(("task", "exact", "loss"), [("reenactment", "yes", 0), ("swap", "no", 3), ("swap", "yes", 0)])
def test_what_face_adapter_makes_and_how_exactly(task, exact, loss, standin, animate):
    wanted = expected(3, 512).astype(int)
    wanted = wanted if task == "reenactment" else 255 - wanted
    made = animate("face_adapter", standin("face_adapter"), 3, task=task, exact=exact)
    assert np.abs(made - wanted).max() <= loss


def test_relative_motion_is_asked_for(standin, animate):
    clone = standin("fomm_official")
    straight = animate("fomm_official", clone, motion="absolute")
    assert (
        np.abs(animate("fomm_official", clone, motion="relative").astype(int) - (255 - straight.astype(int))).max() < 4
    )


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_doctor_finds_every_argument_in_a_clone(name, standin):
    clone = standin(name)
    entry = find_method(name)
    if name == "magicportrait_official":
        (clone / "decalib" / "smirk").mkdir(parents=True)
        (clone / "decalib" / "smirk" / "mediapipe_utils.py").write_text("model_asset_path='decalib/smirk/x.task'\n")
    given = method_options(entry.card, [f"clone={clone}", f"python={sys.executable}"])
    found = examine(foreign_of(entry.card), entry.folder, place_of(entry.card, given, entry.asked), given)
    wrong = [one for one in found if one.state != "ok" and one.what not in ("commit", "GPU", "registration")]
    assert wrong == []


def test_the_doctor_knows_a_path_in_its_authors_home(standin):
    clone = standin("magicportrait_official")
    (clone / "decalib" / "smirk").mkdir(parents=True)
    (clone / "decalib" / "smirk" / "mediapipe_utils.py").write_text("x(model_asset_path='/home/a/x.task')\n")
    entry = find_method("magicportrait_official")
    given = method_options(entry.card, [f"clone={clone}", f"python={sys.executable}"])
    found = examine(foreign_of(entry.card), entry.folder, place_of(entry.card, given, entry.asked), given)
    assert [one.state for one in found if one.what == "trap"] == ["missing"]


def test_scripts_for_other_environments_are_old_python(standin):
    root = Path(find_method("champ").folder).parent
    scripts = [
        root / "face_adapter" / "every_frame.py",
        root / "follow_your_emoji" / "landmarks.py",
        root / "pirenderer_official" / "database.py",
    ]
    old = list(Path.home().glob(".pyenv/versions/3.6.*/bin/python"))
    if not old:
        pytest.skip("no Python 3.6 here")
    check = "import ast, sys; [ast.parse(open(path).read()) for path in sys.argv[1:]]"
    worker = root.parent / "evalkit" / "method" / "foreign" / "drop_in" / "evalkit_worker.py"
    subprocess.run([str(old[0]), "-c", check, *map(str, scripts), str(worker)], check=True)
    assert len(worker.read_text().splitlines()) <= 80
