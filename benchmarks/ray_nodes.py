"""A Ray cluster whose nodes are processes of this machine, for benchmarks that disturb it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # read when Ray is imported


@contextmanager
def ray_nodes(nodes: int, workers: int) -> Iterator[str]:
    """The address of a cluster of `nodes` that have room for so many workers together; it ends with the block."""
    from ray.cluster_utils import Cluster

    rooms = [workers // nodes + (number < workers % nodes) for number in range(nodes)]
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": rooms[0], "include_dashboard": False})
    try:
        for room in rooms[1:]:
            made.add_node(num_cpus=room)
        made.wait_for_nodes()
        yield made.address
    finally:
        made.shutdown()


def actors() -> list[int]:
    """Process ids of evalkit's workers on all clusters of this machine."""
    told = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True)
    lines = [line.split(None, 1) for line in told.stdout.splitlines()]
    return [int(pid) for pid, arguments in lines if arguments.startswith("ray::RayBench")]
