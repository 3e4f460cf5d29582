"""Time the Fréchet distance against pytorch-fid's (scipy `sqrtm`) on the same features, and compare the numbers.

    OPENBLAS_NUM_THREADS=1 python benchmarks/frechet.py --rows 500 3000

Features are rectified Gaussians with random covariances, 2048-d as FID's. Prints seconds of processor time.
"""

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
import scipy
from pytorch_fid.fid_score import calculate_frechet_distance

from evalkit.metrics.frechet import frechet_of_moments, moments


def features(count: int, dimensions: int, seed: int, scale: float) -> np.ndarray:
    generator = np.random.default_rng(seed)
    mixing = generator.normal(size=(dimensions, dimensions)) / np.sqrt(dimensions)
    return np.maximum(generator.normal(0, scale, (count, dimensions)) @ mixing, 0)


def ours(one: np.ndarray, other: np.ndarray) -> float:
    return frechet_of_moments(moments(one), moments(other))


def theirs(one: np.ndarray, other: np.ndarray) -> float:
    statistics = [f(rows) for rows in (one, other) for f in (lambda a: a.mean(0), lambda a: np.cov(a, rowvar=False))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return float(calculate_frechet_distance(*statistics))


def timed(function: Callable[[np.ndarray, np.ndarray], float], one: np.ndarray, other: np.ndarray) -> tuple[float, str]:
    start = time.process_time()
    try:
        value = f"{function(one, other):.6f}"
    except ValueError as error:
        value = str(error)
    return time.process_time() - start, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 3000], help="features on each side")
    parser.add_argument("--dimensions", type=int, default=2048)
    arguments = parser.parse_args()
    print(f"scipy {scipy.__version__}, numpy {np.__version__}")
    print("| rows | sets | ours, s | pytorch-fid, s | ours | pytorch-fid |\n|---|---|---|---|---|---|")
    for count in arguments.rows:
        one, other = features(count, arguments.dimensions, 1, 1.0), features(count, arguments.dimensions, 2, 1.1)
        for name, pair in (("two", (one, other)), ("one twice", (one, one))):
            (seconds, value), (reference, expected) = timed(ours, *pair), timed(theirs, *pair)
            print(f"| {count} | {name} | {seconds:.2f} | {reference:.2f} | {value} | {expected} |", flush=True)


if __name__ == "__main__":
    main()
