"""Extractors: one network or formula per file, each saying something of every frame.

Faces and landmarks

dlib68               face box and 68 landmarks by dlib
fan68                68 landmarks by 2DFAN-4
mediapipe478         478 landmarks, 52 blendshapes and head pose by MediaPipe
scrfd                face box and five points by SCRFD
mtcnn5               face box and five points by MTCNN
any_size             landmarks on frames in which a face is neither small nor huge to the detector
boxes                which face box is the largest, which say the same face twice

Identity

dlib128              dlib's 128 numbers
face_recognition128  dlib's 128 numbers as the package face_recognition gives them
arcface              embeddings by ArcFace-style networks
mobilefacenet192     embeddings by a MobileFaceNet in TensorFlow Lite
insightface_app      embeddings as insightface's own `FaceAnalysis` gives them
openface             OpenFace nn4.small2, the network of the FOMM line's AED

Pose and expression

landmark_pose        head pose from 68 landmarks
landmark_expression  expression as pose-normalised landmarks
fsanet               head pose by FSA-Net
tddfa_v2             head pose, expression and landmarks by 3DDFA_V2
deep3d               Deep3DFaceRecon coefficients
iris_gaze            direction of gaze relative to the head
imported             coefficients of networks that evalkit does not run

Features of pictures and clips

inception            Inception-v3, for FID and KID
efficientnet_lite0   EfficientNet-Lite0, for FID and KID without Inception
i3d                  I3D of windows or whole clips, for FVD
i3d_videogpt         I3D with VideoGPT's weights
lpips                what LPIPS compares
stlpips              what ST-LPIPS compares

Sound

syncnet              lips and sound of a clip in one space
syncnet_network      its two towers
mfcc                 cepstral coefficients of sound

Motion

dis_flow             optical flow between neighbouring frames: motion, warping error, flicker

What they stand on

base                 what an extractor is
facts                rules for the facts of an extractor
plugged              extractors from outside
inference            how PyTorch networks are run
torch_network        loading checkpoints, safely and strictly
onnx_network         ONNX networks on the CPU
tflite_network       TensorFlow Lite networks on the CPU
no_profiling         threads that the profiling signal of MediaPipe cannot end
quiet                silence for libraries that log from C++
face_crop            square crops around a face
face_alignment5      five points onto the ArcFace template
face_model68         a generic rigid 3-D face
dlib_file            reading the networks that dlib saves
dlib_models          the dlib networks that a package carries
dlib_resnet          dlib's face-recognition ResNet in PyTorch
i3d_network          Inflated 3-D Inception
i3d_stream           I3D over a clip of any length in bounded memory
inception_network    the Inception-v3 of FID
inception_resize     three ways to bring frames to its input
lpips_backbones      the three convolution stacks LPIPS looks at
lpips_network        LPIPS v0.1 as an embedding
stlpips_network      ST-LPIPS as an embedding
efficientnet_network  EfficientNet-Lite0
mtcnn_networks       the three networks of MTCNN
openface_network     OpenFace nn4.small2.v1 in PyTorch
tddfa_network        the MobileNet of 3DDFA_V2, and its face
"""

from evalkit.base.registry import Registry
from evalkit.extractors.base import WHOLE_CLIP, Extract, ExtractClip, ExtractHeard, Extractor
from evalkit.extractors.plugged import adopt

EXTRACTORS: Registry[Extractor] = Registry("extractor", "extractors", adopt)
for _id in ("dlib68", "dlib128", "face_recognition128", "landmark_pose", "landmark_expression"):
    EXTRACTORS.register(_id, f"evalkit.extractors.{_id}:EXTRACTOR")
for _id in ("scrfd", "arcface", "mtcnn5", "mediapipe478", "fan68", "tddfa_v2", "fsanet"):
    EXTRACTORS.register(_id, f"evalkit.extractors.{_id}:EXTRACTOR")
EXTRACTORS.register("deep3d", "evalkit.extractors.deep3d.extractor:EXTRACTOR")
EXTRACTORS.register("scrfd_500m", "evalkit.extractors.scrfd:EXTRACTOR_500M")
EXTRACTORS.register("arcface_glint100", "evalkit.extractors.arcface:EXTRACTOR_GLINT100")
EXTRACTORS.register("arcface_onnx", "evalkit.extractors.arcface:EXTRACTOR_CUSTOM")
EXTRACTORS.register("mobilefacenet", "evalkit.extractors.arcface:EXTRACTOR_MOBILEFACENET")
EXTRACTORS.register("mobilefacenet192", "evalkit.extractors.mobilefacenet192:EXTRACTOR")
EXTRACTORS.register("insightface", "evalkit.extractors.insightface_app:EXTRACTOR")
EXTRACTORS.register("openface", "evalkit.extractors.openface:EXTRACTOR")
EXTRACTORS.register("inception", "evalkit.extractors.inception:EXTRACTOR")
EXTRACTORS.register("inception_clean", "evalkit.extractors.inception:EXTRACTOR_CLEAN")
EXTRACTORS.register("inception_tf", "evalkit.extractors.inception:EXTRACTOR_TF")
EXTRACTORS.register("efficientnet_lite0", "evalkit.extractors.efficientnet_lite0:EXTRACTOR")
EXTRACTORS.register("i3d", "evalkit.extractors.i3d:EXTRACTOR")
EXTRACTORS.register("i3d_first", "evalkit.extractors.i3d:EXTRACTOR_FIRST")
EXTRACTORS.register("i3d_centre", "evalkit.extractors.i3d:EXTRACTOR_CENTRE")
EXTRACTORS.register("i3d_videogpt", "evalkit.extractors.i3d_videogpt:EXTRACTOR")
EXTRACTORS.register("lpips_alex", "evalkit.extractors.lpips:EXTRACTOR_ALEX")
EXTRACTORS.register("lpips_vgg", "evalkit.extractors.lpips:EXTRACTOR_VGG")
EXTRACTORS.register("lpips_squeeze", "evalkit.extractors.lpips:EXTRACTOR_SQUEEZE")
EXTRACTORS.register("stlpips_alex", "evalkit.extractors.stlpips:EXTRACTOR_ALEX")
EXTRACTORS.register("stlpips_vgg", "evalkit.extractors.stlpips:EXTRACTOR_VGG")
EXTRACTORS.register("iris_gaze", "evalkit.extractors.iris_gaze:EXTRACTOR")
EXTRACTORS.register("dis_flow", "evalkit.extractors.dis_flow:EXTRACTOR")
EXTRACTORS.register("syncnet", "evalkit.extractors.syncnet:EXTRACTOR")
EXTRACTORS.register("l2cs", "evalkit.extractors.imported:L2CS")
EXTRACTORS.register("emoca", "evalkit.extractors.imported:EMOCA")
EXTRACTORS.register("smirk", "evalkit.extractors.imported:SMIRK")

__all__ = ["EXTRACTORS", "WHOLE_CLIP", "Extract", "ExtractClip", "ExtractHeard", "Extractor"]
