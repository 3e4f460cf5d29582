"""MFCC: numbers of python_speech_features 0.6 (`mfcc(signal, 16000)`), and what follows from the formulas."""

import numpy as np

from evalkit.extractors.mfcc import filters, mfcc

THEIRS = {
    0: [19.8470546533, -4.575870246, -25.9164651643, 17.2772025658, 51.9085122008, 16.0273420363, -18.2679041685,
        10.8274717634, 37.3481476081, 5.1922404145, -20.5000514764, 4.9936850025, 24.7482545963],
    4: [19.875970817, 21.3443096284, -29.7378195763, 17.6641992548, 44.2016598832, 12.7937095249, -22.2474304117,
        10.1122033221, 33.6764220936, 0.8289608793, -26.1065176305, -0.1311631967, 17.397510636],
    8: [19.7092247837, 5.5300022628, -13.8086159785, 23.7288963065, 48.3008119435, 4.398405842, -34.3275271384,
        -8.915332403, 14.8713335048, -16.7506287796, -40.9147858171, -15.9572093408, 3.7446464336],
}  # fmt: skip


def test_numbers_of_the_package_that_syncnet_was_trained_with():
    t = np.arange(1600)
    signal = np.round(8000 * np.sin(t * t / 40000.0) + 3000 * np.sin(t * 0.7)).astype(np.int16)
    found = mfcc(signal)
    assert found.shape == (9, 13)
    for row, expected in THEIRS.items():
        assert np.allclose(found[row], expected, rtol=0, atol=1e-9)


def test_a_row_every_ten_milliseconds():
    assert [len(mfcc(np.ones(n, np.int16))) for n in (1, 400, 401, 560, 561, 16000)] == [1, 1, 2, 2, 3, 99]


def test_silence_is_finite():
    found = mfcc(np.zeros(1000, np.int16))
    assert np.isfinite(found).all() and np.allclose(found[:, 0], np.log(np.finfo(float).eps))


def test_filters_overlap_by_half_and_peak_at_one():
    bank = filters()
    assert bank.shape == (26, 257) and (bank.max(axis=1) == 1).all()
    peaks = bank.argmax(axis=1)
    between = slice(peaks[0], peaks[-1] + 1)
    assert np.allclose(bank[:, between].sum(axis=0), 1)
