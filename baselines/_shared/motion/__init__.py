"""Shared parts of the motion-field methods: fomm, tpsm, osfs, dagan, fnevr and g3fa.

All six read sparse motion from two images, turn it into a dense backward flow (driving -> source), warp an encoding of
the source with it and decode. What differs is in the method packages:

==========  ======================  ====================  =======================================
method      sparse motion           flow                  decoder
==========  ======================  ====================  =======================================
fomm        2-D points + Jacobians  K local affine maps   residual blocks
dagan       the same, from RGB-D    as fomm               depth attention, then as fomm or SPADE
fnevr       as fomm                 as fomm               volume rendering, then SPADE
g3fa        as fomm                 as fomm               as fnevr
osfs        3-D points from pose    K translations in 3-D  residual blocks or SPADE
tpsm        groups of five points   K thin-plate splines  multi-scale with occlusion at each scale
==========  ======================  ====================  =======================================

method        read the source once, read and render driving frames in batches
detector      keypoints with local affine transforms
keypoints     how motion between driving frames is carried over to the source
field         coordinate grids, heatmaps, sparse motions and warping
dense_motion  dense motion from sparse motion
generator     up to the decoder, and the decoder of fomm and dagan
hourglass     the U-Net of detectors and dense motion
resnet        ResNet with torchvision's layer names
spade         spatially adaptive normalisation and its decoder
blocks        convolution blocks of the family
two_networks  a keypoint detector beside a generator, as FOMM and FNeVR are
"""
