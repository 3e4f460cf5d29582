# evalkit on NVIDIA GPUs. In a clone, on a host with the NVIDIA driver and the NVIDIA Container Toolkit:
#     docker build -f docs/docker/cuda.Dockerfile -t evalkit:cuda .
#     docker run --rm --gpus all -v "$PWD:/work" -v evalkit-cache:/cache evalkit:cuda \
#         run --protocol demo_cross --method ours --device cuda:0
# No CUDA base image: torch's wheels bring the CUDA libraries, and the toolkit brings the driver's.
ARG PYTHON=3.11-slim-bookworm
FROM python:${PYTHON}

# What to install (docs/install.md): "all", "faces,report", or "" for the core.
ARG EXTRAS=all
# What OpenCV (faces, mediapipe) and MediaPipe need of the system; "" where neither is installed.
ARG SYSTEM="libgl1 libglib2.0-0 libegl1 libgles2"
RUN if [ -n "$SYSTEM" ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends $SYSTEM \
        && rm -rf /var/lib/apt/lists/*; \
    fi

RUN python3 -m venv /opt/evalkit
ENV PATH=/opt/evalkit/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

COPY .ci/constraints.txt pyproject.toml hatch_build.py README.md LICENSE /src/
COPY evalkit /src/evalkit
COPY baselines /src/baselines
COPY protocols /src/protocols
COPY leaderboards /src/leaderboards
RUN pip install -c /src/constraints.txt "/src${EXTRAS:+[$EXTRAS]}"

# Weights and features of clips are kept in the volume. Anybody may write there, so `docker run --user` works.
RUN useradd --create-home --uid 1000 evalkit && mkdir -m 1777 /cache && mkdir -m 1777 /work
ENV EVALKIT_CACHE=/cache MPLCONFIGDIR=/cache/matplotlib
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME /cache
WORKDIR /work
USER evalkit
ENTRYPOINT ["evalkit"]
