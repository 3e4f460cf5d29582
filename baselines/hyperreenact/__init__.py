"""HyperReenact: the inversion of a source in a StyleGAN2 whose kernels change with every driving frame.

adapter     HyperReenact in evalkit
method      one pair: crops in, frames put back
crops       which part of a picture the networks see, and where what they paint belongs
faces       landmarks of a clip, and what a frame without a face takes
model       the five networks and how they are joined
sizes       of the networks: as released, and tiny
residual    the residual network that two encoders share
appearance  what the source looks like: feature maps of a face recogniser
inversion   the source as latent vectors of the generator
pose        what a driving frame does: feature maps of DECA's encoder
blending    both together, and from them how kernels change
"""
