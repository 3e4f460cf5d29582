"""How SFD is trained: data, losses, steps, checkpoints, logs.

config         YAML in, checked, compared with that of a checkpoint
corpus         clips by person, ready to be trained on
prepared       one clip at training size, with identity features, in the cache
feed           batches ahead of time
sampling       which frames a step sees
recolour       driving frames in random colours
doubles        other people who make the same motion
losses         the seven losses of the paper
perceptual     feature maps for the perceptual loss
objective      everything the generator side learns with
heads          networks that judge descriptors
discriminator  the network that judges images
freezing       networks that pass gradients on and keep none
trainer        one step after the other
validation     people held out, by evalkit's own metrics
samples        sample sheets
desk           what the first process writes, each thing at its steps
logs           losses as JSON lines, and for TensorBoard
checkpoint     networks, optimisers and progress in one file
processes      one process or several
"""
