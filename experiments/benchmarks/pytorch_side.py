"""PyTorch's side of the comparison: ddp/train.py on every rank, as torchrun would start it."""
import json
import pathlib
import socket
import sys

from launching import RunFailed, run_job

TRAIN = pathlib.Path(__file__).parent / "ddp" / "train.py"
COMPILE_SECONDS = 300
HOSTS_PORT = "29533"  # on the first host; a free port of this machine says nothing about that one


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def commands_of(place, program, device):
    variables = {"OMP_NUM_THREADS": str(place.threads), "WORLD_SIZE": str(place.ranks)}
    if device == "cpu":
        variables |= {"CUDA_VISIBLE_DEVICES": ""}
    if place.hostfile:
        variables |= {"MASTER_ADDR": place.first_host, "MASTER_PORT": HOSTS_PORT,
                      "GLOO_SOCKET_IFNAME": place.interface}
        settings = [f"{name}={value}" for name, value in variables.items()]
        return [([*place.mpirun_command(), "env", *settings, *program], {})]
    variables |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "GLOO_SOCKET_IFNAME": "lo"}
    return [(program, {**variables, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(place.ranks)]


def measure(recipe, place, batch, seconds, compile=False, fused=False, device="cpu", noise=False):
    """Samples a second over all ranks, in the middle of a run."""
    program = [sys.executable, TRAIN, recipe, "--batch", batch, "--seconds", seconds, "--threads",
               place.threads, "--device", device]
    program += ["--compile"] * compile + ["--fused"] * fused + ["--noise"] * noise
    output = run_job(commands_of(place, program, device), seconds + COMPILE_SECONDS * compile)
    for line in output.splitlines():
        if line.startswith("{"):
            return json.loads(line)["samples_per_second"]
    raise RunFailed("ddp/train.py printed no result")
