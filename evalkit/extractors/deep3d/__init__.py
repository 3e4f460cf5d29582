"""Deep3DFaceRecon: five-point alignment and the network that regresses 257 face-model coefficients (README.md beside).

alignment  68 landmarks -> scale and shift -> 224x224 crop
network    the ResNet-50
extractor  head pose and expression as coefficients
"""
