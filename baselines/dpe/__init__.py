"""DPE: disentanglement of pose and expression, native network."""
