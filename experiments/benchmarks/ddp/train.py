"""One rank of a DistributedDataParallel run: trains a recipe for a while and prints its speed as a line of JSON.

Run one process a rank, with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT set, as torchrun does; under mpirun the
rank comes from Open MPI. With --device cuda a rank takes the GPU of its place on its host (LOCAL_RANK), gradients travel
by NCCL, the dataset lies in the GPU's memory, and --compile lets torch.compile make CUDA graphs of the networks.
"""
import argparse
import json
import math
import os
import time

import torch
import torch.distributed as dist
import torch._functorch.config
from torch.nn.parallel import DistributedDataParallel

import cycle_steps
import sequence_steps
import steps
from gan import Gan
from recipes import RECIPES
from shuffled_batches import ShuffledBatches

WARM_UP_STEPS = 3
WARM_UP_SECONDS = 1.5
STEPS = steps.STEPS | sequence_steps.STEPS | cycle_steps.STEPS


def take_device(name):
    """The rank's device, which tensors are made on from now on."""
    if name == "cpu":
        return torch.device("cpu")
    place = int(os.environ.get("LOCAL_RANK", os.environ.get("OMPI_COMM_WORLD_LOCAL_RANK", 0)))
    if place >= torch.cuda.device_count():
        raise SystemExit(f"--device cuda: PyTorch {torch.__version__} sees {torch.cuda.device_count()} GPUs; expected one "
                         "for each rank of a host")
    device = torch.device("cuda", place)
    torch.cuda.set_device(device)
    torch.set_default_device(device)
    return device


def make_gan(recipe, world_size, arguments):
    torch.manual_seed(1)
    networks, optimizers = [], []
    for make in (recipe.make_generator, recipe.make_discriminator):
        if make is None:
            networks.append(None)
            optimizers.append(None)
            continue
        network = make()
        if arguments.compile:
            network.compile(dynamic=False, mode="reduce-overhead" if arguments.device == "cuda" else None)
        optimizers.append(torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, betas=recipe.betas,
                                           eps=recipe.epsilon, fused=arguments.fused or None))
        if world_size > 1:
            network = DistributedDataParallel(network, broadcast_buffers=False, gradient_as_bucket_view=True)
        networks.append(network)
    return Gan(recipe, *networks, *optimizers)


def longest(seconds, world_size):
    """Over all ranks, so that they agree on what follows from it."""
    value = torch.tensor(seconds, dtype=torch.float64)
    if world_size > 1:
        dist.all_reduce(value, op=dist.ReduceOp.MAX)
    return value.item()


def wait_for(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def time_steps(count, step, world_size, device):
    if world_size > 1:
        dist.barrier()
    wait_for(device)
    start = time.perf_counter()
    for _ in range(count):
        step()
    wait_for(device)
    return longest(time.perf_counter() - start, world_size)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("--batch", type=int, required=True, help="samples a rank")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--threads", type=int, default=1, help="of each rank (1)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--noise", action="store_true", help="images of noise in place of a dataset's")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--fused", action="store_true", help="Adam(fused=True)")
    arguments = parser.parse_args()

    rank = int(os.environ.get("RANK", os.environ.get("OMPI_COMM_WORLD_RANK", 0)))
    world_size = int(os.environ.get("WORLD_SIZE", 1))
    torch.set_num_threads(arguments.threads)
    recipe = RECIPES[arguments.recipe]
    fields = recipe.make_noise() if arguments.noise else recipe.read_data()
    device = take_device(arguments.device)
    if arguments.compile:
        # step_simultaneous goes backward twice through one forward.
        torch._functorch.config.donated_buffer = False
    if world_size > 1:
        dist.init_process_group("gloo" if device.type == "cpu" else "nccl", rank=rank, world_size=world_size)
    gan = make_gan(recipe, world_size, arguments)
    batches = ShuffledBatches(fields, arguments.batch, rank, world_size, device)
    torch.manual_seed(2 + rank)  # noise, tokens and dropout differ between ranks
    losses = ()

    def step():
        nonlocal losses
        if arguments.compile:
            torch.compiler.cudagraph_mark_step_begin()
        losses = STEPS[recipe.update](gan, *batches.next())

    time_steps(WARM_UP_STEPS, step, world_size, device)
    count, seconds = 1, 0.0
    while seconds < WARM_UP_SECONDS:
        count *= 2
        seconds = time_steps(count, step, world_size, device)
    count = math.ceil(count * arguments.seconds / seconds)
    seconds = time_steps(count, step, world_size, device)
    if not all(torch.isfinite(loss) for loss in losses):
        raise SystemExit(f"{arguments.recipe}: losses are {[loss.item() for loss in losses]} after training")
    if rank == 0:
        print(json.dumps({"samples_per_second": count * arguments.batch * world_size / seconds, "steps": count,
                          "losses": [loss.item() for loss in losses]}))
    if world_size > 1:
        dist.barrier()  # gloo aborts now and then where one rank leaves while another is in a call
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
