"""Keeps a model loaded and animates one pair after the other for evalkit. Copy this file beside your own code.

    from evalkit_worker import serve
    serve(load, animate)

`load(options)` returns the model. `animate(model, pair)` yields chunks of frames, (t, H, W, 3) uint8 RGB or float in
[0, 1], one frame per driving frame. `pair` has "source" and "driving" (arrays, or paths if the card says so), "frames",
"size", "fps", "motion", "seed" and "options". What is printed goes to stderr. Python 3.6 or newer, and NumPy.
"""

import json, os, random, struct, sys, time, traceback

import numpy as np

MARK = b"EVK1"


def serve(load, animate):
    """Answer pairs until evalkit closes the pipe."""
    inward, outward = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # nothing that is printed gets between the messages

    def say(**message):
        text = json.dumps(message).encode("utf-8")
        outward.write(MARK + struct.pack(">I", len(text)) + text)
        outward.flush()

    def hear():
        head = inward.read(8)
        if len(head) < 8:
            return None
        return json.loads(inward.read(struct.unpack(">I", head[4:])[0]).decode("utf-8"))

    say(hello=1, python="%d.%d.%d" % sys.version_info[:3])
    first = hear()
    if first is None:
        return
    try:
        began = time.perf_counter()
        model = load(first["options"])
        say(ready=1, seconds=time.perf_counter() - began)
    except BaseException as error:
        traceback.print_exc()
        say(error="{}: {}".format(type(error).__name__, error)[:400])
        return
    while True:
        pair = hear()
        if pair is None:
            return
        names = {"id": pair["id"], "pair": pair["pair"]}
        try:
            answer(model, animate, pair, names, say)
        except Exception as error:
            traceback.print_exc()
            say(error="{}: {}".format(type(error).__name__, error)[:400], **names)


def answer(model, animate, pair, names, say):
    """Animate one pair; frames go through files, seconds are those of `animate` alone."""
    torch = sys.modules.get("torch")
    random.seed(pair["seed"])
    np.random.seed(pair["seed"] % 2**32)
    if torch is not None:
        torch.manual_seed(pair["seed"])
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
    for name in ("source", "driving"):
        if pair[name].endswith(".npy"):
            pair[name] = np.load(pair[name], mmap_mode="c")
    count, began = 0, time.perf_counter()
    for chunk in animate(model, pair):
        chunk, seconds = np.asarray(chunk), time.perf_counter() - began
        file = os.path.join(pair["answers"], "%08d.npy" % count)
        np.save(file, chunk)
        say(first=count, frames=len(chunk), seconds=seconds, file=file, **names)
        count, began = count + len(chunk), time.perf_counter()
    peak = torch.cuda.max_memory_allocated() if torch is not None and torch.cuda.is_available() else None
    say(done=count, seconds=time.perf_counter() - began, gpu_peak=peak, **names)
