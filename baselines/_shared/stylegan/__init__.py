"""StyleGAN2-type blocks shared by LIA, DPE, SFD and others that decode a latent vector into flow fields.

encoder     image to a vector and a pyramid of feature maps
directions  orthogonal motion directions
generator   from latent vectors to a picture, StyleGAN2 itself
synthesis   from a latent vector to a picture, by warping the source's feature maps
modulated   convolutions modulated by a latent vector
layers      layers with equalised learning rate
resample    change of resolution with a small low-pass filter
images      between 8-bit frames and tensors
batches     a network over a batch of frames
"""
