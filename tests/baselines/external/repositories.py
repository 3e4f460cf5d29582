"""Stand-ins: files of a clone by method, written to behave as the real repository at its border.

Facts: arguments, file names, layouts and traps of the repositories at the commits of their cards.
"""

HEAD = "import argparse, os, sys, glob, time\nfrom border import *\np = argparse.ArgumentParser()\n"

FOMM = (
    HEAD
    + """
for name in ("config", "checkpoint", "source_image", "driving_video", "result_video"):
    p.add_argument("--" + name)
for name in ("relative", "adapt_scale", "cpu", "find_best_frame"):
    p.add_argument("--" + name, action="store_true")
a = p.parse_args()
needs_its_root(a.config, a.checkpoint)
made = animated(read(a.source_image), frames_of(a.driving_video), 256)
if a.relative:
    made = [255 - picture for picture in made]
write_video(a.result_video, made, rate_of(a.driving_video))
"""
)

FSRT = (
    HEAD
    + """
for name in ("config", "checkpoint", "source_image", "driving_video", "result_video"):
    p.add_argument("--" + name)
p.add_argument("--source_idx", nargs="+", type=int)
p.add_argument("--relative", action="store_true")
p.add_argument("--adapt_scale", action="store_true")
a = p.parse_args()
needs_cuda()
needs_its_root(a.config, a.checkpoint, "fsrt_checkpoints/kp_detector.pt")
driving = [at(frame, 256) for frame in frames_of(a.driving_video)]
made = animated(read(a.source_image), driving, 256)
write_video(a.result_video, [np.concatenate(pair, 1) for pair in zip(driving, made)], 20)
"""
)

LIVEPORTRAIT = (
    HEAD
    + """
p.add_argument("-s", "--source"); p.add_argument("-d", "--driving"); p.add_argument("-o", "--output-dir")
for name in ("no-flag-pasteback", "no-flag-do-crop", "no-flag-relative-motion", "no-flag-stitching"):
    p.add_argument("--" + name, action="store_true")
p.add_argument("--animation-region"); p.add_argument("--driving-option")
p.add_argument("--flag-force-cpu", action="store_true")
a = p.parse_args()
needs_its_root("pretrained_weights/liveportrait/base_models")
assert a.no_flag_pasteback and a.no_flag_do_crop
driving = frames_of(a.driving)
Path(os.path.splitext(a.driving)[0] + ".pkl").write_text("template")
made = animated(read(a.source), driving, 512)
name = "%s/%s--%s" % (a.output_dir, Path(a.source).stem, Path(a.driving).stem)
rows = [np.concatenate([at(d, 512), at(read(a.source), 512), m], 1) for d, m in zip(driving, made)]
write_video(name + "_concat.mp4", rows, rate_of(a.driving))
write_video(name + ".mp4", made, rate_of(a.driving))
"""
)

STYLEHEAT = (
    HEAD
    + """
p.add_argument("--config"); p.add_argument("--video_source"); p.add_argument("--image_source")
p.add_argument("--output_dir", default="./"); p.add_argument("--inversion_option", default="encode")
p.add_argument("--frame_limit", type=int, default=1000); p.add_argument("--batch_size", type=int, default=10)
for name in ("cross_id", "if_extract", "if_align"):
    p.add_argument("--" + name, action="store_true")
a = p.parse_args()
needs_cuda()
needs_its_root(a.config)
assert a.cross_id and a.if_extract
os.makedirs("temp", exist_ok=True)
scratch = "temp/only_one"
os.close(os.open(scratch, os.O_CREAT | os.O_EXCL))  # two runs meet here
frames = frames_of(a.video_source)
cache = Path(a.video_source).parent / "3dmm" / ("3dmm_%s.npy" % stem(a.video_source))
cache.parent.mkdir(exist_ok=True)
cache.write_text("coefficients")
count = 0
while count * a.batch_size <= a.frame_limit and count * a.batch_size < len(frames):
    count += 1
frames = frames[: count * a.batch_size]
made = [np.repeat(np.repeat(m, 4, 0), 4, 1) for m in animated(read(a.image_source), frames, 256)]
write_video("%s/%s_%s.mp4" % (a.output_dir, stem(a.video_source), stem(a.image_source)), made, 25)
os.remove(scratch)
"""
)

HYPERREENACT = (
    HEAD
    + """
for name in ("source_path", "target_path", "output_path"):
    p.add_argument("--" + name, required=True)
for name in ("save_grids", "save_images", "save_video"):
    p.add_argument("--" + name, action="store_true")
a = p.parse_args()
needs_cuda()
needs_its_root("pretrained_models/hypernetwork.pt")
if not a.source_path.endswith(("png", "jpg")):
    leave("wrong source")
if os.path.isdir(a.target_path):
    frames = [read(f) for f in sorted(glob.glob(glob.escape(a.target_path) + "/*.png"))]
elif a.target_path.endswith(("mp4", "avi")):
    frames = frames_of(a.target_path)[:101]
else:
    leave("wrong target")
for index, made in enumerate(animated(read(a.source_path), frames, 256)):
    if a.save_images:
        write("%s/%06d.png" % (a.output_path, index), made)
"""
)

FACE_ADAPTER = (
    HEAD
    + """
p.add_argument("-ckpt"); p.add_argument("-o"); p.add_argument("-s"); p.add_argument("-t"); p.add_argument("-r")
p.add_argument("-d"); p.add_argument("-b"); p.add_argument("-c", action="store_true")
a = p.parse_args()
needs_its_root("empty_prompt_embedding.pth")
for one in os.listdir(a.s):
    source = read(os.path.join(a.s, one))
    for other in sorted(os.listdir(a.t), reverse=True):
        frame = read(os.path.join(a.t, other))
        made = animated(source, [frame], 512)[0]
        write("%s/drive/%s" % (a.o, one), made)
        row = grid(at(source, 512), at(frame, 512), made, 255 - made)
        write("%s/concat/%s_%s.jpg" % (a.o, stem(one), stem(other)), row, quality=100, subsampling=0)
"""
)

ANIPORTRAIT = (
    HEAD
    + """
import yaml
p.add_argument("--config")
for name in ("-W", "-H", "-L"):
    p.add_argument(name, type=int)
p.add_argument("--seed", type=int); p.add_argument("--cfg", type=float); p.add_argument("--steps", type=int)
a = p.parse_args()
needs_its_root("configs/inference/inference_v2.yaml")
settings = yaml.safe_load(open(a.config))
day, minute = time.strftime("%Y%m%d"), time.strftime("%H%M")
folder = "output/%s/%s--seed_%d-%dx%d" % (day, minute, a.seed, a.W, a.H)
for reference, videos in settings["test_cases"].items():
    for video in videos:
        source, frames = at(read(reference), 512), frames_of(video)[: a.L]
        rate = rate_of(video)
        if rate == 60:
            rate, frames = 30, frames[::2]
        rows = [grid(source, m, at(f, 512)) for m, f in zip(animated(source, frames, 512), frames)]
        name = "%s/%s_%s_%dx%d_%d_%s_noaudio.mp4" % (
            folder, Path(reference).stem, Path(video).stem, a.H, a.W, int(a.cfg), minute)
        write_video(name, rows, rate)
        with av.open(video) as container:
            sounds = [s for s in container.streams.audio]
            if not sounds or sounds[0].codec_context.name != "aac":
                raise RuntimeError("ffmpeg error (see stderr output for detail)")
            long = float(sounds[0].duration * sounds[0].time_base)
        if os.path.exists("audio_from_video.aac") and input("File exists. Overwrite? [y/N] ") != "y":
            raise RuntimeError("ffmpeg error")
        final = name.replace("_noaudio", "")
        write_video(final, rows[: int(long * rate)], rate)
        os.remove(name)
"""
)

EMOJI = (
    HEAD
    + """
import yaml
for name in ("config", "output_path", "input_path", "lmk_path"):
    p.add_argument("--" + name, required=True)
p.add_argument("--seed", type=int)
a = p.parse_args()
assert os.environ["LOCAL_RANK"] == "0" and int(os.environ["MASTER_PORT"]) > 0
length = yaml.safe_load(open(a.config))["video_length"]
records = np.load(a.lmk_path, allow_pickle=True)
for one in sorted(os.listdir(a.input_path)):
    source = read(os.path.join(a.input_path, one))
    motions = [record["lmks"] for record in records][1:]  # the aligner takes the first
    frames = [motions[index] for index in range(length)]
    made = animated(source, frames, 512)
    name = "%s/%s_%s" % (a.output_path, stem(a.lmk_path), stem(one))
    write_video(name + "_oo.mp4", made, 7)
    write_video(name + "_all.mp4", [np.concatenate([f, source, m], 1) for f, m in zip(frames, made)], 8)
"""
)
EXTRACTOR = """
class LMKExtractor:
    def __call__(self, picture):
        if picture.max() == 0:
            return None
        return {"lmks": picture[:, :, ::-1].copy(), "bs": [1.0]}
"""

CHAMP = (
    HEAD
    + """
import yaml
p.add_argument("--config", default="./configs/inference.yaml")
a = p.parse_args()
settings = yaml.safe_load(open(a.config))
folders = [sorted(glob.glob("%s/%s/*.png" % (settings["data"]["guidance_data_folder"], kind)))
           for kind in ("depth", "normal", "semantic_map", "dwpose", "mask")]
assert len(set(map(len, folders))) == 1 and folders[0]
first, last = settings["data"].get("frame_range", [0, len(folders[0])])
frames = [read(path) for path in folders[0][first:last]]
source = read(settings["data"]["ref_image_path"])
made = animated(source, frames, 512)
folder = "results/%s-%s" % (settings["exp_name"], time.strftime("%Y-%m-%dT%H-%M-%S"))
write_video(folder + "/animation.mp4", made, 24)
write_video(folder + "/grid.mp4", [grid(at(source, 512), m) for m in made], 24)
"""
)

POSES = (
    HEAD
    + """
for name in ("target_image_folder_path", "ref_image_path", "poses_folder_path"):
    p.add_argument("--" + name, required=True)
a = p.parse_args()
names = sorted(os.listdir(a.target_image_folder_path), key=lambda n: int(n.split("_")[1].split(".")[0]))
for index, name in enumerate(names):
    write("%s/frame_%d.png" % (a.poses_folder_path, index), read(os.path.join(a.target_image_folder_path, name)))
"""
)
STABLE = (
    HEAD
    + """
for name in ("pretrained_model_name_or_path", "output_dir", "validation_control_folder", "validation_image",
             "posenet_model_name_or_path", "face_encoder_model_name_or_path", "unet_model_name_or_path"):
    p.add_argument("--" + name)
for name in ("width", "height", "num_inference_steps", "tile_size", "overlap", "frames_overlap", "decode_chunk_size"):
    p.add_argument("--" + name, type=int)
p.add_argument("--guidance_scale", type=float); p.add_argument("--noise_aug_strength", type=float)
a = p.parse_args()
needs_its_root("models/antelopev2")
assert a.unet_model_name_or_path.endswith(".pth") and a.width == a.height == 512
names = sorted(os.listdir(a.validation_control_folder), key=lambda n: int(n.split("_")[1].split(".")[0]))
windows = list(range(0, len(names) - a.tile_size + 1))
windows[0]
frames = [read(os.path.join(a.validation_control_folder, name)) for name in names]
for index, made in enumerate(animated(read(a.validation_image), frames, 512)):
    write("%s/animated_images/frame_%d.png" % (a.output_dir, index), made)
Path(a.output_dir, "animated_images", "animation_video.gif").touch()
"""
)

X_PORTRAIT = (
    "import model_lib\n"
    + HEAD
    + """
for name in ("model_config", "output_dir", "resume_dir", "source_image", "driving_video"):
    p.add_argument("--" + name)
defaults = {"seed": 42, "ddim_steps": 1, "best_frame": 0, "out_frames": 0, "num_mix": 4, "uc_scale": 5}
for name, value in defaults.items():
    p.add_argument("--" + name, type=int, default=value)
a = p.parse_args()
needs_cuda()
if not a.resume_dir or not os.path.exists(a.resume_dir):
    leave("no weights")
for path in glob.glob(a.driving_video):
    frames = frames_of(path)
    frames = frames[: a.out_frames] if a.out_frames else frames
    made = animated(read(a.source_image), frames, 512)
    if len(made) <= a.num_mix:
        made = [m * 0 for m in made]
    name = "inference_appearance_pose_local_mm_uc%s_%s_by_%s_mix%d.mp4" % (
        a.uc_scale, stem(a.source_image), stem(path), a.num_mix)
    write_video(os.path.join(a.output_dir, name), made, rate_of(path))
"""
)

CROP = (
    HEAD
    + """
for name in ("sign", "img_path", "save_path", "video_path", "video_imgs_dir"):
    p.add_argument("--" + name)
a = p.parse_args()
if a.sign == "image":
    write(a.save_path, read(a.img_path))
elif a.sign == "video":
    for name in sorted(os.listdir(a.video_path)):
        write(os.path.join(a.video_imgs_dir, name), read(os.path.join(a.video_path, name)))
"""
)
RENDER = (
    HEAD
    + """
for name in ("sor_img", "driving_path", "save_name"):
    p.add_argument("--" + name)
a = p.parse_args()
read(a.sor_img)
with open("renders.txt", "a") as file:
    file.write("x")
for name in sorted(os.listdir(a.driving_path)):
    for kind in ("depth", "normal", "render"):
        write("transfers/%s/%s/%s" % (a.save_name, kind, name), read(os.path.join(a.driving_path, name)))
"""
)
MAGIC = (
    HEAD
    + """
import yaml
p.add_argument("--config", default="./configs/inference/inference.yaml")
settings = yaml.safe_load(open(p.parse_args().config))
if os.path.exists("out_of_memory"):
    os.remove("out_of_memory")
    raise RuntimeError("CUDA out of memory")
assert os.path.isdir(settings["ckpt_dir"])
paths = sorted(glob.glob(glob.escape(settings["data"]["guidance_data_folder"]) + "/render/*"))
first, last = settings["data"].get("frame_range", [0, len(paths)])
source = read(settings["data"]["ref_image_path"])
made = animated(source, [read(path) for path in paths[first:last]], 512)
folder = "results/animations/%s-%s" % (settings["exp_name"], time.strftime("%Y-%m-%dT%H-%M-%S"))
write_video(folder + "/animation.mp4", made, 24)
write_video(folder + "/grid.mp4", [grid(at(source, 512), m) for m in made], 24)
"""
)

WAN_PREPARE = (
    HEAD
    + """
for name in ("ckpt_path", "video_path", "refer_path", "save_path"):
    p.add_argument("--" + name)
p.add_argument("--resolution_area", type=int, nargs=2, default=[1280, 720])
p.add_argument("--fps", type=int, default=30)
p.add_argument("--retarget_flag", action="store_true")
a = p.parse_args()
frames = frames_of(a.video_path)
if a.fps != -1:
    count = int(len(frames) / rate_of(a.video_path) * a.fps)
    frames = [frames[min(len(frames) - 1, index * len(frames) // count)] for index in range(count)]
write_video(a.save_path + "/src_pose.mp4", frames, 30)
write_video(a.save_path + "/src_face.mp4", [at(f, 512) for f in frames], 30)
write(a.save_path + "/src_ref.png", at(read(a.refer_path), int((a.resolution_area[0] * a.resolution_area[1]) ** 0.5)))
"""
)
WAN = (
    HEAD
    + """
for name in ("task", "ckpt_dir", "src_root_path", "save_file"):
    p.add_argument("--" + name)
p.add_argument("--refert_num", type=int, default=77); p.add_argument("--base_seed", type=int, default=-1)
a = p.parse_args()
assert a.task == "animate-14B" and a.refert_num in (1, 5) and os.path.isdir(a.ckpt_dir)
source = read(a.src_root_path + "/src_ref.png")
try:
    write_video(a.save_file, animated(source, frames_of(a.src_root_path + "/src_pose.mp4"), len(source)), 30)
except Exception as error:
    print(error)
"""
)

PERSONALIVE = (
    HEAD
    + """
for name in ("config", "name", "reference_image", "driving_video", "use_xformers", "stream_gen", "device"):
    p.add_argument("--" + name)
p.add_argument("-W", type=int); p.add_argument("-H", type=int); p.add_argument("-L", type=int, default=100)
p.add_argument("--seed", type=int)
a = p.parse_args()
needs_its_root(a.config)
frames = frames_of(a.driving_video)
frames = frames[: min(len(frames) // 4 * 4, a.L)]
folder = "results/%s--%s" % (time.strftime("%Y%m%d"), a.name)
name = "%s_%s.mp4" % (stem(a.reference_image), stem(a.driving_video))
if os.path.exists(folder + "/concat_vid/" + name):
    leave("exists")
source = at(read(a.reference_image), 512)
made = animated(source, frames, 512)
write_video(folder + "/split_vid/" + name, made, 25)
write_video(folder + "/concat_vid/" + name, [grid(source, source, source, m) for m in made], 25)
"""
)

HUNYUAN = (
    HEAD
    + """
import yaml
for name in ("config", "video_path", "image_path"):
    p.add_argument("--" + name)
a = p.parse_args()
settings = yaml.safe_load(open(a.config))
needs_its_root(settings["det_path"])
made = animated(read(a.image_path), frames_of(a.video_path)[: settings["frame_num"]], 512)
folder = "%s/%s_%s_%s" % (settings["output_dir"], time.strftime("%Y%m%d_%H%M%S"),
                          Path(a.image_path).stem, Path(a.video_path).stem)
write_video(folder + "/cropped.mp4", [255 - m for m in made], rate_of(a.video_path))
write_video(folder + "/full_resolution.mp4", made, rate_of(a.video_path))
"""
)

LIA_X = (
    HEAD
    + """
import yaml
p.add_argument("--mode"); p.add_argument("--cfg"); p.add_argument("--chunk_size", type=int, default=8)
a = p.parse_args()
settings = yaml.safe_load(open(a.cfg))
needs_its_root(settings["ckpt_path"])
assert a.mode == "animation"
source, frames = read(settings["source_path"]), frames_of(settings["driving_path"])
made = animated(source, frames, settings["size"])
if any(settings["motion_value"]):
    made = [255 - m for m in made]
folder = os.path.join(settings["save_path"], Path(a.cfg).stem)
write_video(folder + "/vid_animation.mp4", made, rate_of(settings["driving_path"]))
write_video(folder + "/vid_all.mp4", [np.concatenate([source, f, m], 1) for f, m in zip(frames, made)], 25)
"""
)

KEYPOINTS = (
    HEAD
    + """
for name in ("input_dir", "output_dir", "device_ids", "workers"):
    p.add_argument("--" + name)
a = p.parse_args()
for path in sorted(glob.glob(a.input_dir + "/**/*.mp4")):
    folder, name = path.split("/")[-2:]
    os.makedirs(os.path.join(a.output_dir, folder), exist_ok=True)
    points = np.ones((len(frames_of(path)), 136))
    np.savetxt(os.path.join(a.output_dir, folder, os.path.splitext(name)[0] + ".txt"), points)
"""
)
RECON = (
    HEAD
    + """
from scipy.io import savemat
for name in ("input_dir", "keypoint_dir", "output_dir", "inference_batch_size", "name", "epoch", "model"):
    p.add_argument("--" + name)
a = p.parse_args()
for path in sorted(glob.glob(a.input_dir + "/**/*.mp4", recursive=True)):
    folder, name = path.split("/")[-2:]
    os.makedirs(os.path.join(a.output_dir, folder), exist_ok=True)
    rows = np.loadtxt(os.path.join(a.keypoint_dir, folder, os.path.splitext(name)[0] + ".txt")).shape[0]
    savemat(os.path.join(a.output_dir, folder, os.path.splitext(name)[0] + ".mat"),
            {"coeff": np.ones((rows, 257), np.float32), "transform_params": np.ones((rows, 5), np.float32)})
"""
)
LMDB = '''
"""A database as far as the stand-ins need one: a pickled dict."""
import pickle
from pathlib import Path


class open:
    def __init__(self, path, map_size=0, **options):
        self.path = Path(path, "data.mdb")
        self.values = pickle.loads(self.path.read_bytes()) if self.path.is_file() else {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(pickle.dumps(self.values))

    def begin(self, write=False):
        return Writing(self.values)


class Writing(dict):
    def __init__(self, values):
        self.values_there = values

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def put(self, key, value):
        self.values_there[key] = value
'''
PIRENDER = (
    HEAD
    + """
import io, yaml, lmdb
p.add_argument("--config"); p.add_argument("--name"); p.add_argument("--output_dir")
p.add_argument("--no_resume", action="store_true"); p.add_argument("--cross_id", action="store_true")
p.add_argument("--local_rank", type=int, default=0)
a = p.parse_args()
assert os.environ["RANK"] == "0" and os.path.isdir("result/" + a.name)
path = yaml.safe_load(open(a.config))["data"]["path"]
values = lmdb.open(path + "/256").values
for name in text(path + "/test_list.txt").split():
    count = int(values[(name + "-length").encode()])
    numbers = np.frombuffer(values[(name + "-coeff_3dmm").encode()], np.float32).reshape(count, -1)
    assert numbers.shape == (count, 260)
    pictures = [read(io.BytesIO(values[("%s-%07d" % (name, index)).encode()])) for index in range(count)]
    made = animated(pictures[0], pictures, 256)
    rows = [np.concatenate([f, f, m], 1) for f, m in zip(pictures, made)]
    write_video("%s/epoch_00190_iteration_000400000/%s.mp4" % (a.output_dir, name), rows, 15)
"""
)

RANGE = "exp_name: Animation\ndata:\n  ref_image_path: x.png\n  guidance_data_folder: y\n  frame_range: [0, 2]\n"

FILES: dict[str, dict[str, str]] = {
    "fomm_official": {"demo.py": FOMM, "config/vox-256.yaml": "", "vox-cpk.pth.tar": ""},
    "fsrt_official": {"demo.py": FSRT, "runs/vox256/vox256.yaml": ""},
    "liveportrait_official": {"inference.py": LIVEPORTRAIT},
    "styleheat": {"inference.py": STYLEHEAT, "configs/inference.yaml": ""},
    "hyperreenact_official": {"run_inference.py": HYPERREENACT},
    "face_adapter": {"infer.py": FACE_ADAPTER, "empty_prompt_embedding.pth": ""},
    "aniportrait": {
        "scripts/__init__.py": "",
        "scripts/vid2vid.py": ANIPORTRAIT,
        "configs/inference/inference_v2.yaml": "",
        "configs/prompts/animation_facereenac.yaml": "weight_dtype: fp16\ntest_cases:\n  a.png: [b.mp4]\n",
    },
    "follow_your_emoji": {
        "infer.py": EMOJI,
        "media_pipe/__init__.py": "",
        "media_pipe/mp_utils.py": EXTRACTOR,
        "configs/infer.yaml": "video_length: 16\nseed: 12580\n",
    },
    "champ": {"inference.py": CHAMP, "configs/inference/inference.yaml": RANGE},
    "stable_animator": {"inference_basic.py": STABLE, "DWPose/skeleton_extraction.py": POSES},
    "x_portrait": {"core/test_xportrait.py": X_PORTRAIT, "model_lib/__init__.py": ""},
    "magicportrait_official": {
        "crop_process.py": CROP,
        "render_and_transfer.py": RENDER,
        "inference.py": MAGIC,
        "configs/inference/inference.yaml": RANGE,
    },
    "wan_animate": {"generate.py": WAN, "wan/modules/animate/preprocess/preprocess_data.py": WAN_PREPARE},
    "personalive": {"inference_offline.py": PERSONALIVE, "configs/prompts/personalive_offline.yaml": ""},
    "hunyuan_portrait": {
        "inference.py": HUNYUAN,
        "config/hunyuan-portrait.yaml": "output_dir: ./results\nframe_num: 10000\n"
        "det_path: pretrained_weights/yoloface_v5m.pt\n",
    },
    "lia_x": {"inference.py": LIA_X},
    "pirenderer_official": {
        "inference.py": PIRENDER,
        "lmdb.py": LMDB,
        "config/face_demo.yaml": "data:\n  path: ./dataset\n  resolution: 256\n",
        "Deep3DFaceRecon_pytorch/extract_kp_videos.py": KEYPOINTS,
        "Deep3DFaceRecon_pytorch/face_recon_videos.py": RECON,
    },
}
