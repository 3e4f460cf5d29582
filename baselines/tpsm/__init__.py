"""Thin-Plate Spline Motion Model for Image Animation (Zhao and Zhang, CVPR 2022)."""
