"""One-Shot Free-View Neural Talking-Head Synthesis (face-vid2vid, Wang et al., CVPR 2021), after the public version."""
