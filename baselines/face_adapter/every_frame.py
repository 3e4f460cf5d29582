"""Runs in the environment of Face-Adapter, in its root: `infer.py` once for every driving frame.

`python every_frame.py KIND DRIVING OUTPUT ARGUMENT...` keeps `KIND/source.png` of every run, KIND "drive" or "swap", as
`OUTPUT/source_<driving frame>`. It holds the frame as it was computed; the rows in `concat/` are JPEG.
"""

import os
import shutil
import subprocess
import sys
import tempfile


def main():
    """Command line."""
    kind, driving, output = sys.argv[1:4]
    os.makedirs(output)
    names = sorted(os.listdir(driving))
    for index, name in enumerate(names):
        with tempfile.TemporaryDirectory() as folder:
            one, made = os.path.join(folder, "driving"), os.path.join(folder, "made")
            os.mkdir(one)
            shutil.copy(os.path.join(driving, name), one)
            sys.stdout.write("frame {} of {}\n".format(index + 1, len(names)))
            done = subprocess.run([sys.executable, "infer.py"] + sys.argv[4:] + ["-t", one, "-o", made])
            if done.returncode:
                sys.exit("infer.py ended with status {} at {}".format(done.returncode, name))
            shutil.move(os.path.join(made, kind, "source.png"), os.path.join(output, "source_" + name))


if __name__ == "__main__":
    main()
