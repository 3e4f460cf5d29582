"""G3FA: Geometry-guided GAN for Face Animation (Javanmardi et al., BMVC 2024)."""
