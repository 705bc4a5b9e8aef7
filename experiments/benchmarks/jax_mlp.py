"""The step of the recipe `mlp` as JAX compiles it, in float32 without TF32, on the device that JAX finds: samples a
second of a step as one program, and of 200 steps as one.

    python3 experiments/benchmarks/jax_mlp.py
"""
import functools
import time

import jax
import jax.numpy as jnp

BATCH, SAMPLES, NOISE, PIXELS, TOGETHER = 64, 8192, 100, 784, 200
RATE, BETA1, BETA2, EPSILON = 2e-4, 0.9, 0.999, 1e-8
SECONDS = 2
jax.config.update("jax_default_matmul_precision", "highest")


def make_network(key, *sizes):
    layers = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:]):
        key, own = jax.random.split(key)
        layers.append((jax.random.uniform(own, (inputs, outputs), minval=-1, maxval=1) / inputs**0.5, jnp.zeros(outputs)))
    return layers


def perceptron(layers, values):
    for weight, bias in layers[:-1]:
        values = jax.nn.relu(values @ weight + bias)
    weight, bias = layers[-1]
    return values @ weight + bias


def cross_entropy(logits, target):
    return jnp.mean(jnp.maximum(logits, 0) - logits * target + jnp.log1p(jnp.exp(-jnp.abs(logits))))


def adam(weights, gradients, moments, updates):
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, moments[0], gradients)
    square = jax.tree.map(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, moments[1], gradients)
    moved = jax.tree.map(lambda w, m, s: w - RATE * (m / (1 - BETA1**updates)) / (jnp.sqrt(s / (1 - BETA2**updates)) + EPSILON),
                         weights, mean, square)
    return moved, (mean, square)


def step(data, state, number):
    generator, discriminator, of_generator, of_discriminator, updates, key = state
    updates, (key, own) = updates + 1, jax.random.split(key)
    real = jax.lax.dynamic_slice(data, (number * BATCH % (SAMPLES - BATCH), 0), (BATCH, PIXELS))
    noise = jax.random.normal(own, (BATCH, NOISE))
    fake, pull_back = jax.vjp(lambda layers: jnp.tanh(perceptron(layers, noise)), generator)

    def discriminator_loss(layers):
        logits = perceptron(layers, jnp.concatenate([real, jax.lax.stop_gradient(fake)]))
        return cross_entropy(logits[:BATCH], 1.0) + cross_entropy(logits[BATCH:], 0.0)

    losses, gradients = jax.value_and_grad(discriminator_loss)(discriminator)
    discriminator, of_discriminator = adam(discriminator, gradients, of_discriminator, updates)
    loss, at_fake = jax.value_and_grad(lambda images: cross_entropy(perceptron(discriminator, images), 1.0))(fake)
    generator, of_generator = adam(generator, pull_back(at_fake)[0], of_generator, updates)
    return (generator, discriminator, of_generator, of_discriminator, updates, key), (loss, losses)


def start():
    key = jax.random.PRNGKey(0)
    generator, discriminator = make_network(key, NOISE, 256, 512, PIXELS), make_network(key, PIXELS, 512, 256, 1)
    moments = lambda network: (jax.tree.map(jnp.zeros_like, network), jax.tree.map(jnp.zeros_like, network))
    return generator, discriminator, moments(generator), moments(discriminator), jnp.float32(0), key


def measure(name, program, steps):
    """program(state, number) takes so many steps."""
    state, number = start(), 0
    state, _ = program(state, number)
    jax.block_until_ready(state)
    begin = time.perf_counter()
    while time.perf_counter() - begin < SECONDS:
        for _ in range(max(1, TOGETHER // steps)):
            number += steps
            state, losses = program(state, number)
        jax.block_until_ready(state)
    assert all(jnp.isfinite(loss).all() for loss in losses), "losses are no longer finite"
    print(f"{name}: {number * BATCH / (time.perf_counter() - begin):.0f} samples/s on {jax.devices()[0].device_kind}")


def main():
    data = jax.random.uniform(jax.random.PRNGKey(1), (SAMPLES, PIXELS)) * 2 - 1
    one = functools.partial(step, data)
    measure("a step a program", jax.jit(one, donate_argnums=0), 1)
    measure(f"{TOGETHER} steps a program",
            jax.jit(lambda state, number: jax.lax.scan(one, state, number + jnp.arange(TOGETHER)), donate_argnums=0), TOGETHER)


if __name__ == "__main__":
    main()
