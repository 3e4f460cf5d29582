"""Deep3DFaceRecon: five-point alignment and the network that regresses 257 face-model coefficients."""
