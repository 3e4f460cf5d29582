"""TensorBoard: values as scalars, facts as text, the contact sheet and the worst clips as pictures that move.

Writes event files, without PyTorch's writer, which wants another library for videos: a clip is an animated GIF, which
TensorBoard plays.
"""

import io
import time
from pathlib import Path

from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.text.metadata import create_summary_metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from evalkit.api.trackers.entry import Entry, Place
from evalkit.clips import video

_MOST_FRAMES, _WIDTH = 48, 384
"""A GIF of all frames at full size would be tens of megabytes."""


def log(entry: Entry, place: Place) -> str:
    """Log an entry; the folder with the event file."""
    folder = (place.folder or Path("tensorboard")) / place.project / entry.name.replace("/", "_")
    writer = EventFileWriter(str(folder))
    values = [Summary.Value(tag=name, simple_value=value) for name, value in entry.values.items()]
    values += [Summary.Value(tag=name, image=_picture(path)) for name, path in entry.pictures.items()]
    values += [Summary.Value(tag=name, image=_moving(path)) for name, path in entry.videos.items()]
    values.append(_text("evalkit", entry))
    writer.add_event(Event(step=place.step or 0, wall_time=time.time(), summary=Summary(value=values)))
    writer.close()
    return str(folder)


def _text(tag: str, entry: Entry) -> Summary.Value:
    lines = ["| fact | value |", "| --- | --- |", *(f"| {name} | `{text}` |" for name, text in entry.facts.items())]
    tensor = TensorProto(dtype=DT_STRING, string_val=["\n".join(lines).encode()])
    return Summary.Value(tag=tag, metadata=create_summary_metadata(tag, ""), tensor=tensor)


def _picture(path: Path) -> Summary.Image:
    with Image.open(path) as image:
        width, height = image.size
    return Summary.Image(encoded_image_string=path.read_bytes(), width=width, height=height, colorspace=3)


def _moving(path: Path) -> Summary.Image:
    """A clip as an animated picture at the pace of the clip: some of its frames, and smaller."""
    step = -(-video.count_frames(path) // _MOST_FRAMES)
    frames = [Image.fromarray(image()) for index, image in video.iter_pictures(path) if index % step == 0]
    height = round(frames[0].height * _WIDTH / frames[0].width)
    small = [frame.resize((_WIDTH, height)) for frame in frames]
    file = io.BytesIO()
    pace = round(1000 * step / video.frame_rate(path))
    small[0].save(file, format="GIF", save_all=True, append_images=small[1:], duration=pace, loop=0)
    return Summary.Image(encoded_image_string=file.getvalue(), width=_WIDTH, height=height, colorspace=3)
