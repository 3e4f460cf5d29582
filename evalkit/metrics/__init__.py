"""Metrics: one file each, pure functions on arrays. The list below is the registry."""

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
