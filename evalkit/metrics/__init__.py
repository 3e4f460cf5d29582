"""Metrics: one file each, pure functions on arrays. The list below is the registry.

base      what a metric is, and the facts that tables, signatures and gates need of it
facts     rules for those facts
plugged   metrics from outside
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
e_fid     Fréchet distance of expression coefficients
frechet   the mathematics that FID and FVD share

Time

motion          amount of motion
flicker         changes of brightness where nothing moves
warp            what does not follow the motion
jitter          trembling of a head at rest
identity_drift  change of the face from frame to frame
motion_fd       Fréchet distance of velocity and acceleration
temporal        what these share
soft_dtw        alignment of clips, for variants of AKD, APD and AED

Eyes and mouth

gaze         angle between directions of gaze
blink        agreement of blinks
mouth        correlation of the mouth's opening
dynamics     movement of lips, brows and head
silent_lips  lips at rest
au           single facial actions
blendshapes  MediaPipe's blendshapes by name
mesh478      MediaPipe's landmarks by name

Sound

sync_c  confidence that lips and sound belong together
sync_d  distance of lips and sound
sync    what these share
"""

from evalkit.base.registry import Registry
from evalkit.errors import UnknownNameError
from evalkit.metrics import (
    aed,
    aed_id,
    akd,
    apd,
    au,
    blink,
    coverage,
    csim,
    dynamics,
    e_fid,
    e_rmse,
    fid,
    flicker,
    fvd,
    gaze,
    identity_drift,
    jitter,
    kid,
    l1,
    lmd,
    lpips,
    mkr,
    motion,
    motion_fd,
    mouth,
    p_rmse,
    psnr,
    silent_lips,
    ssim,
    sync_c,
    sync_d,
    warp,
)
from evalkit.metrics.base import Metric
from evalkit.metrics.plugged import adopt

_FRAMES = (l1, psnr, ssim, lpips, csim, aed_id, akd, apd, aed, p_rmse, e_rmse, fid, kid, fvd, coverage, mkr, lmd)
_TIME = (motion, flicker, warp, jitter, identity_drift, motion_fd)
_FACE = (gaze, blink, mouth, dynamics, silent_lips, e_fid, au)
_SOUND = (sync_c, sync_d)

METRICS: Registry[Metric] = Registry("metric", "metrics", adopt)
for _module in (*_FRAMES, *_TIME, *_FACE, *_SOUND):
    for _metric in _module.METRICS:
        METRICS.register(_metric.key, _metric)


def find_metric(name: str) -> Metric:
    """The metric with the key `name`; a bare id means its first variant. Raises `UnknownNameError`."""
    # Plugins are looked at only for a name that evalkit does not know itself.
    for keys in (METRICS.shipped(), METRICS):
        if name in keys:
            return METRICS[name]
        variants = [key for key in keys if METRICS[key].id == name]
        if variants:
            return METRICS[variants[0]]
    ids = {*METRICS, *(metric.id for metric in METRICS.values())}
    raise UnknownNameError("metric", name, ids, " ".join(map(str, METRICS.broken())))


__all__ = ["METRICS", "Metric", "find_metric"]
