"""StyleGAN2-type blocks shared by LIA, DPE and later methods that decode a latent vector into flow fields."""
