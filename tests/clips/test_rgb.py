"""Every pixel format, matrix, range and depth against equations in float64; `swscale` against FFmpeg's own filter."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from av.filter import Graph

from evalkit.clips.rgb import ToRgb
from evalkit.errors import VideoError
from tests.clips.oracle import FULL, LIMITED, UNSTATED, WEIGHTS, enlarge, filled, to_levels, yuv_to_rgb

WIDTH, HEIGHT = 50, 34
SPANS = {"limited": LIMITED, "full": FULL}
DEPTHS = [f"{bits}{order}" for bits in (9, 10, 12, 14, 16) for order in ("le", "be")]
DEEP = [f"yuv{shape}p{depth}" for shape in ("420", "444") for depth in DEPTHS]
PLANAR = ["yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuva420p", "yuva444p"]
PLANAR += ["yuv422p10le", "yuv422p12le", "yuv440p10le", "yuva444p10le", "yuva420p16le", *DEEP]
BIAS = 0.05


def bits_of(pixels):
    return av.VideoFormat(pixels, WIDTH, HEIGHT).components[0].bits


def shade(bits, seed=0):
    """All of luma, and a colour, so that no filter of chroma matters."""
    rng = np.random.default_rng(seed)
    low, high = 16 << (bits - 8), 235 << (bits - 8)
    blue, red = (int(rng.integers(95 << (bits - 8), 160 << (bits - 8))) for _ in range(2))
    return rng.integers(low, high, (HEIGHT, WIDTH)), blue, red


def bias(pixels, matrix, span, colours=64):
    """Mean and largest difference from the rounded float conversion over many colours.

    In full range a whole number of luma leaves the rounding to the colour: one that lies on half a level, which six
    digits of a coefficient decide, is a level off in a whole picture.
    """
    bits, convert, gaps = bits_of(pixels), ToRgb("accurate"), []
    for seed in range(colours):
        planes = shade(bits, seed)
        frame = filled(pixels, WIDTH, HEIGHT, [*planes, (1 << bits) - 1], WEIGHTS[matrix][0], SPANS[span])
        true = yuv_to_rgb(np.broadcast_arrays(*planes), matrix, span == "full", bits)
        gaps.append(convert(frame) - true)
    return np.abs(np.mean(gaps, axis=(0, 1, 2))).max(), np.abs(gaps).max()


@pytest.mark.parametrize("pixels", PLANAR)
def test_no_format_has_a_bias(pixels):
    """Case A02: PNG frames of a float conversion against a yuv420p clip."""
    for matrix in WEIGHTS:
        for span in SPANS:
            mean, most = bias(pixels, matrix, span)
            assert mean <= BIAS and most <= 1, (matrix, span)


@pytest.mark.parametrize("pixels", ["yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p"])
def test_formats_of_jpeg_are_full_range_whatever_the_tag_says(pixels):
    luma, blue, red = shade(8)
    true = yuv_to_rgb(np.broadcast_arrays(luma, blue, red), "bt601", True, 8)
    for span in (UNSTATED, FULL):
        got = ToRgb("accurate")(filled(pixels, WIDTH, HEIGHT, (luma, blue, red), 5, span))
        assert abs((got - true).mean()) <= BIAS and np.abs(got - true).max() <= 1


def test_what_is_not_stated_is_bt601_and_limited():
    planes = shade(8)
    true = yuv_to_rgb(np.broadcast_arrays(*planes), "bt601", False, 8)
    for code in (0, 2, 3):
        got = ToRgb("accurate")(filled("yuv420p", WIDTH, HEIGHT, planes, code, UNSTATED))
        assert np.abs(got - true).max() <= 1, code


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("pixels", ["yuv444p", "yuv420p", "yuv444p10le"])
def test_ycgco(pixels, span):
    bits = bits_of(pixels)
    planes = shade(bits)
    got = ToRgb("accurate")(filled(pixels, WIDTH, HEIGHT, planes, 8, SPANS[span]))
    true = yuv_to_rgb(np.broadcast_arrays(*planes), "ycgco", span == "full", bits)
    assert np.abs(got - true).max() <= 1 and abs((got - true).mean()) <= BIAS


@pytest.mark.parametrize("code", [10, 11, 12, 13, 14])
@pytest.mark.parametrize("rule", ["accurate", "swscale"])
def test_matrices_without_one_conversion_are_refused(code, rule):
    frame = filled("yuv444p", WIDTH, HEIGHT, shade(8), code, LIMITED)
    with pytest.raises(VideoError, match=rf"colour matrix {code} cannot be converted to RGB .*\. Re-encode"):
        ToRgb(rule)(frame)


@pytest.mark.parametrize("code", [8, 3])
def test_what_ffmpeg_cannot_convert_by_default_is_refused_by_that_rule(code):
    frame = filled("yuv444p", WIDTH, HEIGHT, shade(8), code, LIMITED)
    with pytest.raises(VideoError, match="cannot be converted"):
        ToRgb("swscale")(frame)


# An edge in chroma between two flat halves. Where chroma stands is passed through by FFmpeg from the file, so frames
# made here have what H.264 infers: columns on every second of luma, rows between two.
@pytest.mark.parametrize(("width", "height"), [(2, 2), (3, 5), (17, 33), (31, 8), (64, 48), (65, 1), (1, 7)])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
def test_odd_sizes(pixels, width, height):
    bits = bits_of(pixels)
    rng = np.random.default_rng(3)
    luma = rng.integers(40 << (bits - 8), 200 << (bits - 8), (height, width))
    frame = filled(pixels, width, height, (luma, 128 << (bits - 8), 128 << (bits - 8)), 1, LIMITED)
    got = ToRgb("accurate")(frame)
    true = to_levels(luma, bits, full=False)
    assert got.shape == (height, width, 3)
    assert np.abs(got - true[..., None]).max() <= 1 and abs((got - true[..., None]).mean()) <= 0.1


GREY = ["gray", *(f"gray{depth}" for depth in DEPTHS)]


@pytest.mark.parametrize("pixels", GREY)
def test_grey_has_the_range_it_states_and_is_full_otherwise(pixels):
    bits = bits_of(pixels)
    luma = np.linspace(0, (1 << bits) - 1, WIDTH * HEIGHT).round().astype(int).reshape(HEIGHT, WIDTH)
    for span in (UNSTATED, LIMITED, FULL):
        got = ToRgb("accurate")(filled(pixels, WIDTH, HEIGHT, (luma,), 2, span))
        true = to_levels(luma, bits, full=span != LIMITED)[..., None]
        assert np.abs(got - true).max() <= 1 and abs((got - true).mean()) <= BIAS


@pytest.mark.parametrize(
    "pixels", ["gbrp", *(f"gbr{alpha}p{depth}" for alpha in ("", "a") for depth in DEPTHS if "9" not in depth)]
)
def test_planar_rgb_of_every_depth(pixels):
    bits = bits_of(pixels)
    rng = np.random.default_rng(1)
    green, blue, red, alpha = rng.integers(0, 1 << bits, (4, HEIGHT, WIDTH))
    for span in (UNSTATED, LIMITED, FULL):
        got = ToRgb("accurate")(filled(pixels, WIDTH, HEIGHT, (green, blue, red, alpha), 0, span))
        true = to_levels(np.stack([red, green, blue], axis=2), bits, full=span != LIMITED)
        assert np.abs(got - true).max() <= 1 and abs((got - true).mean()) <= BIAS


@pytest.mark.parametrize("pixels", ["rgb48le", "rgb48be", "bgr48le", "rgba64le", "bgra64be"])
def test_packed_rgb_of_sixteen_bits(pixels):
    channels = len(av.VideoFormat(pixels, 8, 8).components)
    rng = np.random.default_rng(2)
    values = rng.integers(0, 1 << 16, (HEIGHT, WIDTH, channels))
    got = ToRgb("accurate")(filled(pixels, WIDTH, HEIGHT, (values.reshape(HEIGHT, -1),)))
    rgb = values[..., 2::-1] if pixels.startswith("bgr") else values[..., :3]
    assert np.array_equal(got, to_levels(rgb, 16))


PACKED = {"rgb565": (5, 6, 5), "bgr565": (5, 6, 5), "rgb555": (5, 5, 5), "bgr555": (5, 5, 5)}
PACKED |= {"rgb444": (4, 4, 4), "bgr444": (4, 4, 4)}


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize(("name", "bits"), PACKED.items())
def test_rgb_in_two_bytes_reaches_white(name, bits, order):
    rng = np.random.default_rng(2)
    first, second, third = (rng.integers(0, 1 << b, (HEIGHT, WIDTH)) for b in bits)
    first[0, 0], second[0, 0], third[0, 0] = ((1 << b) - 1 for b in bits)
    frame = av.VideoFrame(WIDTH, HEIGHT, name + order)
    words = (first << (bits[1] + bits[2])) | (second << bits[2]) | third
    lines = np.zeros((HEIGHT, frame.planes[0].line_size // 2), "<u2" if order == "le" else ">u2")
    lines[:, :WIDTH] = words
    frame.planes[0].update(lines.tobytes())
    true = np.stack([to_levels(v, b) for v, b in zip((first, second, third), bits, strict=True)], axis=2)
    got = ToRgb("accurate")(frame)
    assert np.array_equal(got, true[..., ::-1] if name.startswith("bgr") else true)
    assert got[0, 0].tolist() == [255, 255, 255]


def test_pictures_of_one_bit_are_white_and_black():
    for pixels, ones in (("monowhite", 0), ("monoblack", 255)):
        frame = av.VideoFrame(16, 2, pixels.replace("monowhite", "monow").replace("monoblack", "monob"))
        bits = np.zeros((2, frame.planes[0].line_size), np.uint8)
        bits[0, 0] = 0b10000001
        frame.planes[0].update(bits.tobytes())
        got = ToRgb("accurate")(frame)
        assert got.shape == (2, 16, 3) and (got[..., 0] == got[..., 2]).all()
        assert got[0, :, 0].tolist() == [ones, *[255 - ones] * 6, ones, *[255 - ones] * 8]


def test_floats_are_in_zero_to_one():
    rng = np.random.default_rng(2)
    green, blue, red = rng.random((3, HEIGHT, WIDTH)).astype(np.float32)
    got = ToRgb("accurate")(filled("gbrpf32le", WIDTH, HEIGHT, (green, blue, red)))
    assert np.array_equal(got, np.rint(np.stack([red, green, blue], axis=2).astype(np.float64) * 255))
    red[3, 4] = np.nan
    with pytest.raises(VideoError, match="NaN"):
        ToRgb("accurate")(filled("gbrpf32le", WIDTH, HEIGHT, (green, blue, red)))


SEMIPLANAR = {"nv12": 8, "nv21": 8, "nv16": 8, "nv24": 8, "p010le": 10, "p016le": 16, "yuyv422": 8, "uyvy422": 8}


@pytest.mark.parametrize("pixels", SEMIPLANAR)
@pytest.mark.parametrize("span", SPANS)
def test_other_layouts_of_the_same_samples(pixels, span):
    bits = SEMIPLANAR[pixels]
    luma, blue, red = shade(bits)
    unit = 16 - bits if pixels.startswith("p0") else 0
    if pixels.startswith(("nv", "p0")):
        pair = (red, blue) if pixels == "nv21" else (blue, red)
        wide = WIDTH * 2 if pixels == "nv24" else WIDTH
        high = HEIGHT if pixels in ("nv16", "nv24") else HEIGHT // 2
        values = [luma << unit, np.tile(np.array(pair) << unit, (high, wide // 2))]
    else:
        packed = np.empty((HEIGHT, WIDTH, 2), int)
        first = 0 if pixels == "yuyv422" else 1
        packed[..., first], packed[:, ::2, 1 - first], packed[:, 1::2, 1 - first] = luma, blue, red
        values = [packed.reshape(HEIGHT, -1)]
    got = ToRgb("accurate")(filled(pixels, WIDTH, HEIGHT, values, 1, SPANS[span]))
    true = yuv_to_rgb(np.broadcast_arrays(luma, blue, red), "bt709", span == "full", bits)
    assert abs((got - true).mean()) <= BIAS and np.abs(got - true).max() <= 1


@pytest.mark.parametrize("pixels", ["xyz12le", "bayer_rggb8"])
def test_what_has_no_rgb_of_its_own_is_refused(pixels):
    with pytest.raises(VideoError, match=f"{pixels} pictures have no RGB of their own"):
        ToRgb("accurate")(av.VideoFrame(16, 16, pixels))


# H.264 (ITU-T H.264, figure E-1): where the first sample of chroma stands, in pixels of luma, by its code.
PLACES = {0: (0, 0.5), 1: (0.5, 0.5), 2: (0, 0), 3: (0.5, 0), 4: (0, 1), 5: (0.5, 1)}


@pytest.mark.parametrize("code", PLACES)
def test_chroma_stands_where_the_file_says(tmp_path, code):
    rng = np.random.default_rng(5)
    luma = rng.integers(60, 180, (32, 32))
    blue, red = (np.add.outer(*rng.integers(100, 156, (2, 16)) // 2) for _ in range(2))
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.pix_fmt, stream.height, stream.width = "yuv420p", 32, 32
        stream.options = {"qp": "0", "x264-params": f"chromaloc={code}"}
        container.mux(stream.encode(filled("yuv420p", 32, 32, (luma, blue, red))))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    column, row = PLACES[code]
    wide = [enlarge(plane, (32, 32), column, row) for plane in (blue, red)]
    gap = ToRgb("accurate")(frame) - yuv_to_rgb((luma, *wide), "bt601", False, 8)
    # swscale interpolates by 14 bits and half-way samples by rounding, so a level may differ; a wrong place by many.
    assert np.abs(gap[2:-2, 2:-2]).max() <= 2 and np.abs(gap.mean(axis=(0, 1))).max() <= 0.25


def by_filter(frame):
    """What FFmpeg makes of a frame when it is asked for rgb24 and nothing else."""
    graph = Graph()
    size = {"width": frame.width, "height": frame.height, "format": frame.format.name}
    steps = [graph.add_buffer(**size, time_base=Fraction(1, 25)), graph.add("scale")]
    steps += [graph.add("format", "pix_fmts=rgb24"), graph.add("buffersink")]
    for one, other in pairwise(steps):
        one.link_to(other)
    graph.configure()
    frame.pts = 0
    graph.push(frame)
    return graph.pull().to_ndarray()


DEFAULTS = ["yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv410p", "yuv420p10le", "gbrp", "nv12"]


@pytest.mark.parametrize("pixels", DEFAULTS)
@pytest.mark.parametrize(("width", "height"), [(64, 48), (50, 34), (17, 33)])
def test_swscale_is_what_ffmpeg_gives_by_default(pixels, width, height):
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:height, :width]
    rgb = np.stack([90 + 2 * x + y, 200 - x - 2 * y, 60 + 3 * y], axis=2) + rng.normal(0, 5, (height, width, 3))
    frame = av.VideoFrame.from_ndarray(np.clip(rgb, 0, 255).astype(np.uint8), format="rgb24").reformat(format=pixels)
    assert np.array_equal(ToRgb("swscale")(frame), by_filter(frame))


def test_one_converter_takes_frames_of_several_kinds():
    convert = ToRgb("accurate")
    frames = [
        filled("yuv420p", WIDTH, HEIGHT, shade(8, 1), 1, LIMITED),
        filled("yuv444p", WIDTH, HEIGHT, shade(8), 9, FULL),
    ]
    frames += [filled("yuv420p", 18, 12, (90, 100, 150), 1, LIMITED), filled("gray", WIDTH, HEIGHT, (77,))]
    once = [ToRgb("accurate")(frame) for frame in frames]
    for _ in range(2):
        assert all(np.array_equal(convert(frame), expected) for frame, expected in zip(frames, once, strict=True))
