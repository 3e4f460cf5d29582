"""Deep3DFaceRecon: parity of the extractor in `evalkit.extractors.deep3d` with the official network."""
