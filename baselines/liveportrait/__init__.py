"""LivePortrait (Guo et al., 2024): implicit 3D keypoints with stitching and retargeting control.

adapter       LivePortrait in evalkit
model         encode a source, move its keypoints, decode in batches
appearance    source image -> 3D feature volume (F)
motion        keypoints, expression, head pose (M)
convnext      the backbone of M
dense_motion  keypoints -> 3D deformation and occlusion
warping       moves the feature volume (W)
spade         warped feature map -> image (G)
retargeting   stitching and retargeting
driving       which parts of the driving motion reach the source
crop          square crops around landmarks
cropping      crops of source and driving frames, and pasting back
landmarks     the 203 landmarks of its own detector
blocks        convolution blocks
"""
