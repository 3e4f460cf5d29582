"""LIA: Latent Image Animator, native network."""
