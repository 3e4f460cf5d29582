"""Wan2.2-Animate through diffusers: its card and its worker."""
