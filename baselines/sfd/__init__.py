"""SFD: semantic facial descriptors in learned orthogonal subspaces of identity and motion.

adapter      SFD in evalkit
model        the method: identity plus motion drives a flow-based generator
subspaces    identity and motion subspaces, orthonormal
standardise  coefficients in units of their own spread
everyone     rows of all processes that train together
positions    mean positions under learned heat maps
warp         from the generator's last scale to the picture
window       the square window around a face
faces        frames as the network sees them
shape        sizes of the networks
weights      weight files: networks and their shape
checkpoints  which weights SFD runs with when none are named
export       a training's checkpoint -> a weight file
lab          what the method does not need: training, ablation, probe, figures
"""
