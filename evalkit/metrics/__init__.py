"""Metrics: one file each, pure functions on arrays. The list below is the registry.

base      what a metric is, and the facts that tables, signatures and gates need of it
l1        mean absolute difference of pixels
psnr      peak signal-to-noise ratio
ssim      structural similarity
lpips     learned perceptual distance
csim      cosine similarity of face embeddings
aed_id    AED of the FOMM line: an identity distance
akd       average keypoint distance
apd       average pose distance
aed       average expression distance
p_rmse    error of head-pose coefficients
e_rmse    error of expression coefficients
lmd       landmark distance of the mouth
coverage  share of generated frames in which a face is found
mkr       share of driving faces that are missing in the generated frame
fid       Fréchet distance of Inception features
kid       kernel distance of Inception features
fvd       Fréchet distance of I3D logits
frechet   the mathematics that FID and FVD share
"""

from evalkit.errors import UnknownNameError
from evalkit.metrics import (
    aed,
    aed_id,
    akd,
    apd,
    coverage,
    csim,
    e_rmse,
    fid,
    fvd,
    kid,
    l1,
    lmd,
    lpips,
    mkr,
    p_rmse,
    psnr,
    ssim,
)
from evalkit.metrics.base import Metric

_MODULES = (l1, psnr, ssim, lpips, csim, aed_id, akd, apd, aed, p_rmse, e_rmse, fid, kid, fvd, coverage, mkr, lmd)

METRICS: dict[str, Metric] = {metric.key: metric for module in _MODULES for metric in module.METRICS}


def find_metric(name: str) -> Metric:
    """The metric with the key `name`; a bare id means its first variant. Raises `UnknownNameError`."""
    if name in METRICS:
        return METRICS[name]
    variants = [metric for metric in METRICS.values() if metric.id == name]
    if not variants:
        raise UnknownNameError("metric", name, {*METRICS, *(metric.id for metric in METRICS.values())})
    return variants[0]


__all__ = ["METRICS", "Metric", "find_metric"]
