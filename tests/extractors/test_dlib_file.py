"""Reading dlib's network files: tensors by definition of the format, damage named."""

import re

import numpy as np
import pytest

from evalkit.errors import WeightsError
from evalkit.extractors.dlib_file import read_layers
from evalkit.extractors.dlib_models import RESNET_128, dlib_model


def number(value):
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def layer(name, values, before=()):
    head = number(len(name)) + name.encode() + b"".join(map(number, before))
    sizes = b"".join(map(number, (2, len(values), 1, 1, 1)))
    return head + sizes + np.array(values, "<f4").tobytes()


def test_layers_in_order_with_their_values(tmp_path):
    path = tmp_path / "net.dat"
    # What lies between layers is passed over, also values that happen to spell the name of a layer.
    spelling = np.frombuffer(b"\x01\x05con_4\x00", "<f4")
    path.write_bytes(
        b"anything" + layer("con_4", [1.5, -2.0, *spelling]) + number(-7) + layer("affine_", range(300))
        + layer("fc_2", [0.25], before=(128, 256)) + b"end"
    )  # fmt: skip
    found = read_layers(path)
    assert [name for name, _ in found] == ["con_4", "affine_", "fc_2"]
    assert found[0].weights[:2].tolist() == [1.5, -2.0] and np.array_equal(found[0].weights[2:], spelling)
    assert found[1].weights.tolist() == list(range(300)) and found[2].weights.tolist() == [0.25]


def test_the_shipped_network_is_read_whole():
    layers = read_layers(dlib_model(RESNET_128))
    assert [layer.name for layer in layers] == ["con_4", "affine_"] * 29 + ["fc_2"]
    assert layers[0].weights.size == 32 * 3 * 49 + 32 and layers[-1].weights.size == 256 * 128
    assert all(np.isfinite(layer.weights).all() for layer in layers)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a network saved by dlib"),
        (b"PK\x03\x04 something else", "not a network saved by dlib"),
        (layer("con_4", [1.0, 2.0])[:-3], r"damaged in layer 0 \(con_4\)"),
        (layer("affine_", [1.0]) + layer("con_4", [1.0, 2.0])[:8], r"damaged in layer 1 \(con_4\)"),
        (b"\x01\x05con_4" + number(9) * 9, "expected a tensor, found version 9"),
        (b"\x01\x05con_4" + b"\x40" * 90, "expected a number at byte 7"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "net.dat"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=f"{re.escape(str(path))}.*{message}"):
        read_layers(path)
