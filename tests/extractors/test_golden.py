"""Rows of golden.csv that no extractor's own test covers, and that every row is covered."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from evalkit.extractors.lpips_backbones import squeezenet
from evalkit.extractors.onnx_network import load_onnx

TASK = "mediapipe-face-landmarker"
ELSEWHERE = "lpips squeeze lin + squeezenet1.1-onnxzoo (stand-in)"
"""Its two numbers stand in test_lpips_networks.py."""
PARTS = {"face_landmarks_detector": 1434, "face_blendshapes": 52, "face_detector": 896 * 16}
"""Networks inside the MediaPipe file, and the length of the output that golden.csv means."""


def test_our_onnx_loading(networks, golden):
    network = load_onnx(networks / "openseeface_lm_model0_opt.onnx")
    golden("openseeface-lm0", lambda x: network(x)[0])


def test_our_squeezenet_backbone(networks, golden):
    with np.load(networks / "squeezenet1_1_onnxzoo.npz", allow_pickle=False) as arrays:
        state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    backbone = squeezenet().eval()
    backbone.load_state_dict({name: value for name, value in state.items() if name.startswith("features.")})

    def classes(x):
        last = list(backbone(torch.from_numpy(x)))[-1]
        scores = F.relu(F.conv2d(last, state["classifier.1.weight"], state["classifier.1.bias"]))
        return scores.mean(dim=(2, 3)).numpy()

    with torch.inference_mode():
        golden("squeezenet1.1-onnxzoo", classes)


@pytest.mark.parametrize("part", PARTS)
def test_the_networks_inside_the_mediapipe_file(networks, golden, part):
    """What the landmarker runs is the file we think it is; MediaPipe itself is compared in test_mediapipe478.py."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    with zipfile.ZipFile(networks / "face_landmarker.task") as zipped:
        content = zipped.read(f"{part}.tflite")

    def run(x):
        network = interpreter.Interpreter(model_content=content)
        network.allocate_tensors()
        network.set_tensor(network.get_input_details()[0]["index"], x)
        network.invoke()
        outputs = [network.get_tensor(detail["index"]) for detail in network.get_output_details()]
        return next(output for output in outputs if output.size == PARTS[part])

    golden(f"{TASK} {part}", run)


def test_every_row_is_checked_somewhere(networks):
    names = {line.partition(",")[0] for line in (networks / "golden.csv").read_text(encoding="utf-8").splitlines()[1:]}
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    quoted = set(re.findall(r'"([^"\n]+)"', tests)) | {f"{TASK} {part}" for part in PARTS}
    assert names - quoted - {ELSEWHERE} == set()
