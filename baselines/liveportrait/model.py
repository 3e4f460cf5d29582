"""LivePortrait put together: encode a source once, move its keypoints with a driving clip, decode frames in batches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.liveportrait.appearance import AppearanceFeatureExtractor
from baselines.liveportrait.driving import Region, driven_keypoints, expression_friendly
from baselines.liveportrait.motion import Motion, MotionExtractor
from baselines.liveportrait.retargeting import Openings, Retargeting, retarget, stitch
from baselines.liveportrait.spade import SpadeGenerator
from baselines.liveportrait.warping import WarpingModule

LIP_THRESHOLD = 0.03
"""Lip opening of the source from which its mouth is closed before relative motion is added."""


@dataclass(frozen=True)
class LivePortrait:
    """The networks, each in its own official file (the three small ones share one)."""

    appearance: AppearanceFeatureExtractor
    motion: MotionExtractor
    warping: WarpingModule
    generator: SpadeGenerator
    retargeting: Retargeting


@dataclass(frozen=True)
class Source:
    """A source image, encoded once.

    Attributes:
        feature: (1, C, D, H, W) appearance volume.
        motion: of the one face.
        keypoints: (1, K, 3) posed.
        openings: of its eyes and lips; None if 203 landmarks were not measured.
    """

    feature: Tensor
    motion: Motion
    keypoints: Tensor
    openings: Openings | None = None


@dataclass(frozen=True)
class DrivingOptions:
    """How driving motion is applied; the defaults are the official ones.

    Attributes:
        relative: motion since the first driving frame is added to the source's; False: absolute motion.
        region: what is driven.
        expression_friendly: rescale relative motion of a video (see `driving.expression_friendly`).
        stitching: correct the keypoints so that shoulders stay.
        normalize_lip: close an open source mouth first (relative mode; needs the source's openings).
        retarget_eyes: open the eyes as the driving frame does (needs openings of both; replaces relative motion).
        retarget_lip: the same for the lips.
        multiplier: strength of the final motion.
    """

    relative: bool = True
    region: Region = "all"
    expression_friendly: bool = True
    stitching: bool = True
    normalize_lip: bool = True
    retarget_eyes: bool = False
    retarget_lip: bool = False
    multiplier: float = 1.0


def encode_source(model: LivePortrait, image: Tensor, openings: Openings | None = None) -> Source:
    """Encode a source: image (1, 3, 256, 256) RGB in [0, 1], and its eye and lip openings where they are known."""
    motion = model.motion(image)
    return Source(model.appearance(image), motion, motion.keypoints, openings)


def drive(
    model: LivePortrait,
    source: Source,
    driving: Motion,
    options: DrivingOptions,
    openings: Openings | None = None,
    neutral: Tensor | None = None,
) -> Tensor:
    """Keypoints for every driving frame.

    Args:
        model: the networks; only `retargeting` is used.
        source: from `encode_source`.
        driving: motion of the whole clip (`model.motion` on its frames); relative motion starts at its first frame.
        options: which rules apply.
        openings: of the driving frames; needed for `retarget_eyes` and `retarget_lip`.
        neutral: (1, K, 3) resting mouth for a still driving image, None for a video (see `driving.driven_keypoints`).

    Returns:
        (T, K, 3) for `decode`.

    Raises:
        ValueError: retargeting was asked for without openings of source and driving.
    """
    start = source.keypoints
    driven = driven_keypoints(source.motion, driving, relative=options.relative, region=options.region, neutral=neutral)
    if options.relative and options.expression_friendly and neutral is None:
        driven = expression_friendly(start, driven)
    if options.retarget_eyes or options.retarget_lip:
        offsets = _retargeting_offsets(model.retargeting, source, options, openings)
        driven = offsets + (start if options.relative else driven)
    if options.stitching:
        driven = stitch(model.retargeting.stitching, start, driven)
    if not (options.retarget_eyes or options.retarget_lip):
        driven = driven + _closed_lip_offsets(model.retargeting, source, options)
    return start + (driven - start) * options.multiplier


def decode(model: LivePortrait, source: Source, keypoints: Tensor) -> Tensor:
    """Keypoints of B frames (B, K, 3) -> (B, 3, 512, 512) RGB in [0, 1]."""
    feature = source.feature.expand(len(keypoints), -1, -1, -1, -1)
    warped, _ = model.warping(feature, keypoints, source.keypoints.expand_as(keypoints))
    image: Tensor = model.generator(warped)
    return image


def _retargeting_offsets(
    networks: Retargeting, source: Source, options: DrivingOptions, openings: Openings | None
) -> Tensor:
    """(T, K, 3) offsets that give the source the eye and lip openings of the driving frames."""
    if source.openings is None or openings is None:
        raise ValueError("eye and lip retargeting need 203 landmarks of the source and of every driving frame")
    frames = len(openings.lip)
    offsets = torch.zeros(frames, *source.keypoints.shape[1:], device=source.keypoints.device)
    if options.retarget_eyes:  # the left eye speaks for both
        ratios = torch.cat([source.openings.eyes.expand(frames, -1), openings.eyes[:, :1]], dim=1)
        offsets = offsets + retarget(networks.eye, source.keypoints, ratios)
    if options.retarget_lip:
        ratios = torch.cat([source.openings.lip.expand(frames, -1), openings.lip], dim=1)
        offsets = offsets + retarget(networks.lip, source.keypoints, ratios)
    return offsets


def _closed_lip_offsets(networks: Retargeting, source: Source, options: DrivingOptions) -> Tensor:
    """(1, K, 3) offsets that close the source's mouth; zero where the rule does not apply."""
    openings = source.openings
    if openings is None or not (options.normalize_lip and options.relative) or float(openings.lip) < LIP_THRESHOLD:
        return torch.zeros_like(source.keypoints)
    closed = torch.cat([openings.lip, torch.zeros_like(openings.lip)], dim=1)
    return retarget(networks.lip, source.keypoints, closed)
