"""LivePortrait put together: encode a source once, move its keypoints with a driving clip, decode frames in batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.liveportrait.appearance import AppearanceFeatureExtractor
from baselines.liveportrait.driving import Region, driven_keypoints, friendly_factor
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
        region: what is driven.
        expression_friendly: rescale relative motion of a video (see `driving.friendly_factor`).
        stitching: correct the keypoints so that shoulders stay.
        normalize_lip: close an open source mouth first (relative mode; needs the source's openings).
        retarget_eyes: open the eyes as the driving frame does (needs openings of both; replaces relative motion).
        retarget_lip: the same for the lips.
        multiplier: strength of the final motion.
    """

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


Drive = Callable[[Motion, Openings | None], Tensor]
"""Motion of T driving frames, and their openings where eyes or lips are retargeted -> (T, K, 3) for `decode`."""


def driver(
    model: LivePortrait, source: Source, start: Motion | None, options: DrivingOptions, neutral: Tensor | None = None
) -> Drive:
    """How driving frames move the source's keypoints. What does not depend on a frame is computed here, once.

    Args:
        model: the networks; only `retargeting` is used.
        source: from `encode_source`.
        start: motion of the frame where relative motion starts; None where it is absolute.
        options: which rules apply.
        neutral: (1, K, 3) resting mouth for a still driving image, None for a video (see `driving.driven_keypoints`).

    The function raises `ValueError` when retargeting was asked for without openings of source and driving.
    """
    origin, region = source.keypoints, options.region
    retargets = options.retarget_eyes or options.retarget_lip
    friendly = start is not None and options.expression_friendly and neutral is None and not retargets
    first = driven_keypoints(source.motion, start, start, region) if start is not None and friendly else origin
    factor = origin.new_tensor(friendly_factor(origin, first) if friendly else 1.0)
    closed = None if retargets or start is None else _closed_lip_offsets(model.retargeting, source, options)

    def drive(driving: Motion, openings: Openings | None = None) -> Tensor:
        driven = driven_keypoints(source.motion, driving, start, region, neutral)
        if friendly:
            driven = origin + factor * (driven - first)
        if retargets:
            offsets = _retargeting_offsets(model.retargeting, source, options, openings)
            driven = offsets + (driven if start is None else origin)
        if options.stitching:
            driven = stitch(model.retargeting.stitching, origin, driven)
        if closed is not None:
            driven = driven + closed
        return origin + (driven - origin) * options.multiplier

    return drive


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


def _closed_lip_offsets(networks: Retargeting, source: Source, options: DrivingOptions) -> Tensor | None:
    """(1, K, 3) offsets that close the source's mouth in relative motion; None where the rule does not apply."""
    openings = source.openings
    if openings is None or not options.normalize_lip or float(openings.lip) < LIP_THRESHOLD:
        return None
    closed = torch.cat([openings.lip, torch.zeros_like(openings.lip)], dim=1)
    return retarget(networks.lip, source.keypoints, closed)
