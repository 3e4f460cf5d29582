"""FSRT: facial scene representation transformer, native network."""
