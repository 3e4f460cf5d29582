"""The two ArcFace networks of insightface: which files they are, and how pixels are scaled for them."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.arcface import insightface_scaling

FIRST = {"mxnet": ("Sub", "Mul"), "torch": ("Conv", "PRelu")}


def write_network(path, kind):
    """A network (B, 3, 112, 112) -> (B, 48) in name and shape, whose first nodes are called as exporters call them."""
    constants = [
        numpy_helper.from_array(np.full((1,), value, np.float32), name) for name, value in (("a", 0), ("b", 1))
    ]
    nodes = [
        helper.make_node("Sub", ["data", "a"], ["x"], name=f"{FIRST[kind][0]}_0"),
        helper.make_node("Mul", ["x", "b"], ["y"], name=f"{FIRST[kind][1]}_1"),
        helper.make_node("AveragePool", ["y"], ["z"], name="pool", kernel_shape=[28, 28], strides=[28, 28]),
        helper.make_node("Flatten", ["z"], ["out"], name="flat"),
    ]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["batch", 3, 112, 112])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["batch", 48])
    graph = helper.make_graph(nodes, "g", [data], [out], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize(("kind", "mean", "deviation"), [("mxnet", 0.0, 1.0), ("torch", 127.5, 127.5)])
def test_pixels_are_scaled_as_insightface_does(tmp_path, kind, mean, deviation):
    path = write_network(tmp_path / "net.onnx", kind)
    theirs = pytest.importorskip("insightface.model_zoo.arcface_onnx").ArcFaceONNX(str(path))
    assert insightface_scaling(path) == ((mean,) * 3, (deviation,) * 3)
    assert (theirs.input_mean, theirs.input_std) == (mean, deviation)


def test_rows_do_not_depend_on_the_batch(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_ARCFACE", str(write_network(tmp_path / "net.onnx", "torch")))
    frames = np.random.default_rng(0).integers(0, 256, (7, 128, 128, 3), dtype=np.uint8)
    points = np.tile([[40, 50], [80, 50], [60, 70], [45, 90], [75, 90.0]], (7, 1, 1))
    points[3] = np.nan
    extract = EXTRACTORS.get("arcface_onnx").load()
    together = extract(frames, {"scrfd_500m": {"points": points}})["embedding"]
    singly = [extract(frames[i : i + 1], {"scrfd_500m": {"points": points[i : i + 1]}})["embedding"] for i in range(7)]
    assert np.isnan(together[3]).all() and np.isfinite(np.delete(together, 3, axis=0)).all()
    assert np.array_equal(together, np.concatenate(singly), equal_nan=True)


@pytest.mark.parametrize(
    ("name", "file", "digest"),
    [("arcface", "arcface-w600k-r50", "4c06341c"), ("arcface_glint100", "arcface-glint360k-r100", "4ab1d643")],
)
def test_the_networks_of_papers_are_named_by_file_and_digest(name, file, digest, monkeypatch):
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    extractor = EXTRACTORS.get(name)
    assert extractor.weights == (file,) and extractor.requires == ("scrfd",)
    assert extractor.signature == f"{file}@{digest}|5pt-112"
    with pytest.raises(WeightsError, match=f"evalkit weights fetch {file} --accept-licence"):
        extractor.load()
