"""A stand-in of Wan2.2's preparation, and of diffusers and PyTorch, as its worker calls them."""

PREPARATION = """
import os
from border import *


class ProcessPipeline:
    def __init__(self, det_checkpoint_path, pose2d_checkpoint_path, sam_checkpoint_path, flux_kontext_path):
        assert det_checkpoint_path.endswith("process_checkpoint/det/yolov10m.onnx")
        assert pose2d_checkpoint_path.endswith("process_checkpoint/pose2d/vitpose_h_wholebody.onnx")
        assert sam_checkpoint_path is None and flux_kontext_path is None

    def __call__(self, video_path, refer_image_path, output_path, resolution_area, fps, retarget_flag):
        frames, rate = frames_of(video_path), float(rate_of(video_path))
        count = int(len(frames) / rate * (rate if fps == -1 else fps))
        frames = [at(frame, resolution_area[0]) for frame in frames[:count]]
        write_video(output_path + "/src_pose.mp4", frames, 30)
        write_video(output_path + "/src_face.mp4", [at(frame, 512) for frame in frames], 30)
        write(output_path + "/src_ref.png", read(refer_image_path))
"""
DIFFUSERS = """
import numpy as np
from border import animated


class AutoencoderKLWan:
    @classmethod
    def from_pretrained(cls, name, subfolder, torch_dtype):
        assert subfolder == "vae" and torch_dtype == "float32"
        return cls()


class WanAnimatePipeline:
    @classmethod
    def from_pretrained(cls, name, vae, torch_dtype):
        with open("loads.txt", "a") as file:
            file.write(name + " " + torch_dtype)
        return cls()

    def set_progress_bar_config(self, disable):
        pass

    def __call__(self, image, pose_video, face_video, prompt, height, width, segment_frame_length, **more):
        assert segment_frame_length % 4 == 1 and len(pose_video) == len(face_video) > 1 and prompt
        assert face_video[0].size == (512, 512) and pose_video[0].size == (width, height)
        made = animated(np.asarray(image), [np.asarray(pose) for pose in pose_video], height)
        self.frames = [np.stack(made) / 255]
        return self
"""
TORCH = """
bfloat16, float32 = "bfloat16", "float32"


def manual_seed(seed):
    pass


class Generator:
    def __init__(self, device):
        pass

    def manual_seed(self, seed):
        return self


class cuda:
    @staticmethod
    def is_available():
        return False
"""
FTFY = "def fix_text(text):\n    return text\n"
FOLDER = "wan/modules/animate/preprocess/"
FILES = {
    FOLDER + "process_pipepline.py": PREPARATION,
    FOLDER + "diffusers.py": DIFFUSERS,
    FOLDER + "torch.py": TORCH,
    FOLDER + "ftfy.py": FTFY,
}
