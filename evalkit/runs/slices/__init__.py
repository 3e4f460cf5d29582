"""Results over parts of the frames: where is a method good, and where is it not?

conditions  which group each driving frame belongs to: pose, motion, gap of pose, place in the clip, any attribute
sliced      the results of runs over each group
"""
