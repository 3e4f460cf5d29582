"""From two clips to scores.

score_pair     one pair: both clips decoded side by side, once, for all extractors and pixel metrics
score_sets     one number for all generated against all reference frames
features       the features of a clip, chained and cached
cache          features on disk under the content they were computed from
batching       batches for networks on a GPU, over several clips
pool           pairs scored here or in worker processes
device_pool    a GPU beside the process pool
missing_faces  how frames without a face are scored
level_shift    frames a level or two off everywhere: the trace of two conversions to RGB
coefficients   coefficients that users supply for networks evalkit does not run
score_arrays   one metric on frames in memory
availability   which metrics can be computed here, and why others cannot
"""
