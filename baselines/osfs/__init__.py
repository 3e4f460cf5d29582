"""One-Shot Free-View Neural Talking-Head Synthesis (face-vid2vid, Wang et al., CVPR 2021), after the public version.

adapter    the public re-implementation in evalkit
model      canonical 3-D keypoints, posed, move a feature volume
detector   canonical 3-D keypoints
head_pose  head pose and expression
generator  a feature volume, warped and decoded
"""
