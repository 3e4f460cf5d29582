"""Runs in the environment of Wan2.2, with diffusers: keeps the preparation of the repository and the pipeline loaded.

diffusers has no preparation of its own, so the skeleton and the face of the driving clip come from `ProcessPipeline` of
the clone, whose folder is on the path. Everything else is as `generate.py --task animate-14B --refert_num 1` does it,
but for the sampler, which is that of the weights for diffusers.
"""

import os
import tempfile

import cv2
import ftfy  # noqa: F401 - diffusers calls it for every prompt and installs without it
import torch
from diffusers import AutoencoderKLWan, WanAnimatePipeline
from evalkit_worker import serve
from PIL import Image
from process_pipepline import ProcessPipeline

PROMPT = "视频中的人在做动作"
"""The prompt of the repository's settings."""
WINDOW = 77


def load(options):
    """The preparation and the pipeline, whose autoencoder works in 32 bits."""
    folder = options["process"]
    prepare = ProcessPipeline(
        det_checkpoint_path=os.path.join(folder, "det", "yolov10m.onnx"),
        pose2d_checkpoint_path=os.path.join(folder, "pose2d", "vitpose_h_wholebody.onnx"),
        sam_checkpoint_path=None,
        flux_kontext_path=None,
    )
    precision = torch.bfloat16 if options["precision"] == "bf16" else torch.float32
    vae = AutoencoderKLWan.from_pretrained(options["weights"], subfolder="vae", torch_dtype=torch.float32)
    pipeline = WanAnimatePipeline.from_pretrained(options["weights"], vae=vae, torch_dtype=precision)
    pipeline.set_progress_bar_config(disable=True)
    if options["offload"] == "yes":
        pipeline.enable_model_cpu_offload()
    elif torch.cuda.is_available():
        pipeline.to("cuda")
    return prepare, pipeline


def animate(model, pair):
    """All frames of a pair at once, (T, H, W, 3) float in [0, 1]."""
    prepare, pipeline = model
    options, side = pair["options"], int(pair["options"]["side"])
    with tempfile.TemporaryDirectory() as folder:
        prepare(
            video_path=pair["driving"],
            refer_image_path=pair["source"],
            output_path=folder,
            resolution_area=[side, side],
            fps=-1,
            retarget_flag=options["retarget"] == "yes",
        )
        pose, face = (pictures(os.path.join(folder, name)) for name in ("src_pose.mp4", "src_face.mp4"))
        source = Image.open(os.path.join(folder, "src_ref.png")).convert("RGB")
    if not len(pose) == len(face) == pair["frames"]:
        raise ValueError("{} skeletons and {} faces of {} frames".format(len(pose), len(face), pair["frames"]))
    width, height = pose[0].size
    yield pipeline(
        image=source,
        pose_video=pose,
        face_video=face,
        prompt=PROMPT,
        height=height,
        width=width,
        segment_frame_length=WINDOW,
        num_inference_steps=int(options["sampling_steps"]),
        guidance_scale=1.0,
        generator=torch.Generator("cpu").manual_seed(pair["seed"]),
        output_type="np",
    ).frames[0]


def pictures(path):
    """The frames of a video."""
    video, found = cv2.VideoCapture(path), []
    while True:
        there, frame = video.read()
        if not there:
            return found
        found.append(Image.fromarray(frame[:, :, ::-1]))


if __name__ == "__main__":
    serve(load, animate)
