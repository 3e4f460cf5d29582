"""Stand-ins: files of a clone by method, written to behave as the real repository at its border.

Facts: arguments, file names, layouts and traps of the repositories at the commits of their cards.
"""

from tests.baselines.external import wan_in_diffusers
from tests.baselines.external.border import HEAD
from tests.baselines.external.diffusion import (
    ANIPORTRAIT,
    CHAMP,
    CROP,
    EMOJI,
    EXTRACTOR,
    HUNYUAN,
    MAGIC,
    PERSONALIVE,
    POSES,
    RENDER,
    STABLE,
    WAN,
    WAN_PREPARE,
    X_PORTRAIT,
)

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
        write("%s/swap/%s" % (a.o, one), 255 - made)
        row = grid(at(source, 512), at(frame, 512), made, 255 - made)
        write("%s/concat/%s_%s.jpg" % (a.o, stem(one), stem(other)), row, quality=100, subsampling=0)
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
    "wan_animate_diffusers": wan_in_diffusers.FILES,
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
