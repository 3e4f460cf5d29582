"""Stand-ins of diffusion models; `repositories.py` says what they are."""

from tests.baselines.external.border import HEAD

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
rate = float(rate_of(a.video_path))
count = int(len(frames) / rate * (rate if a.fps == -1 else a.fps))
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
