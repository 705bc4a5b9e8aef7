"""Whether both sides train the same thing: shapes of the parameters, losses, optimizers, order of the updates."""
import pathlib
import sys

import safetensors
import yaml

import ganymede_side

sys.path.append(str(pathlib.Path(__file__).parent / "ddp"))
from recipes import RECIPES, CycleRecipe, SequenceRecipe  # noqa: E402


def stored_shapes(state_file, network):
    with safetensors.safe_open(state_file, "numpy") as state:
        return sorted(tuple(state.get_slice(name).get_shape()) for name in state.keys()
                      if name.startswith(network) and name.split("/")[1] == "parameters")


def module_shapes(network):
    return sorted(tuple(parameter.shape) for parameter in network.parameters())


def choice(value):
    """A choice is a name, or a map with that name as its one key."""
    return next(iter(value.items())) if isinstance(value, dict) else (value, {})


def optimizer_of(player):
    name, options = choice(player["optimizer"])
    return (name, *(float(options[key]) for key in ("learning_rate", "beta1", "beta2", "epsilon")))


def first_phase(sequence):
    if sequence["likelihood_steps"]:
        return "likelihood"
    return "discriminator" if sequence["discriminator_start"] else "adversarial"


def settings_of_sequence(sequence):
    phase = first_phase(sequence)
    settings = {"phase": phase}
    for player in ("generator", "discriminator") if phase == "adversarial" else ("generator",):
        settings[f"{player} optimizer"] = optimizer_of(sequence[player])
        settings[f"{player} clip_gradient_norm"] = sequence[player].get("clip_gradient_norm")
    if phase == "adversarial":
        settings |= {key: sequence[key] for key in ("rollouts", "baseline", "reward", "discriminator_steps")}
    return settings


def settings_of_cycle(cycle):
    settings = {key: cycle[key] for key in ("cycle_weight", "identity_weight", "pool_size")}
    settings |= {"loss": choice(cycle["loss"])[0]}
    for player in ("generator", "discriminator"):
        settings[f"{player} optimizer"] = optimizer_of(cycle[player])
    return settings


def settings_of_run(run):
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    if "sequence" in recipe:
        return settings_of_sequence(recipe["sequence"])
    if "cycle" in recipe:
        return settings_of_cycle(recipe["cycle"])
    gan = recipe["gan"]
    settings = {"update": gan["update"], "loss": choice(gan["loss"])[0], "critic_steps": gan["critic_steps"],
                "conditional": choice(gan["condition"])[0] == "labels", "pixels": tuple(recipe["data"]["pixels"]),
                "weight_clip": gan.get("weight_clip"), "packing": gan["packing"],
                "gradient_penalty": gan["penalty"]["gradient"]["weight"] if "penalty" in gan else None}
    for player in ("generator", "discriminator"):
        settings[f"{player} optimizer"] = optimizer_of(gan[player])
    settings["dropout"] = float(choice(gan["discriminator"]["network"])[1].get("dropout", 0))
    return settings


def settings_of_sequence_module(recipe, adam):
    settings = {"phase": recipe.update}
    for player in ("generator", "discriminator") if recipe.make_discriminator else ("generator",):
        settings |= {f"{player} optimizer": adam, f"{player} clip_gradient_norm": recipe.clip_gradient_norm}
    if recipe.update == "adversarial":
        settings |= {"rollouts": recipe.rollouts, "baseline": recipe.baseline, "reward": "discriminator",
                     "discriminator_steps": 1}
    return settings


def settings_of_cycle_module(recipe, adam):
    return {"loss": "least_squares", "cycle_weight": recipe.cycle_weight, "identity_weight": recipe.identity_weight,
            "pool_size": recipe.pool_size, "generator optimizer": adam, "discriminator optimizer": adam}


def settings_of_module(recipe):
    adam = ("adam", recipe.learning_rate, *recipe.betas, recipe.epsilon)
    if isinstance(recipe, SequenceRecipe):
        return settings_of_sequence_module(recipe, adam)
    if isinstance(recipe, CycleRecipe):
        return settings_of_cycle_module(recipe, adam)
    rates = {module.p for module in recipe.make_discriminator().modules() if type(module).__name__ == "Dropout"}
    return {"update": recipe.update, "loss": recipe.loss, "critic_steps": 1, "conditional": recipe.conditional,
            "pixels": tuple(recipe.pixels), "weight_clip": recipe.weight_clip, "packing": 1,
            "gradient_penalty": recipe.gradient_penalty, "generator optimizer": adam,
            "discriminator optimizer": adam, "dropout": rates.pop() if rates else 0.0}


def count(shapes):
    total = 0
    for shape in shapes:
        size = 1
        for side in shape:
            size *= side
        total += size
    return total


def check(name, program, place):
    """What differs, as lines; prints what agrees."""
    recipe = RECIPES[name]
    problems, counts = [], []
    with ganymede_side.folder_for_all_hosts() as folder:
        run = ganymede_side.train_one_step(program, name, place, folder)
        state_file, = run.glob("checkpoints/step_*/state.safetensors")
        for player, make in (("generator", recipe.make_generator), ("discriminator", recipe.make_discriminator)):
            if make is None:
                continue
            ours, theirs = stored_shapes(state_file, player), module_shapes(make())
            counts.append(f"{player} {count(ours):,}")
            if ours != theirs:
                problems.append(f"{name}: {player} has {count(ours):,} parameters in Ganymede and {count(theirs):,} in "
                                f"PyTorch: {ours} and {theirs}")
        ours, theirs = settings_of_run(run), settings_of_module(recipe)
    problems += [f"{name}: {key} is {ours.get(key)} in Ganymede and {theirs.get(key)} in PyTorch"
                 for key in sorted(ours | theirs) if ours.get(key) != theirs.get(key)]
    if not problems:
        print(f"{name}: the same networks and settings; parameters: {', '.join(counts)}")
    return problems
