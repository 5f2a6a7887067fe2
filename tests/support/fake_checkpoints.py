"""Writes checkpoints of made-up `cace` and `les` models, laid out like the published ones; run as a script.

    python fake_checkpoints.py FOLDER

The classes exist only in this process, so nothing of them can be imported by what reads the files.
"""

import itertools
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import torch

GENERATOR = torch.Generator().manual_seed(7)


def class_of(path: str) -> type:
    """A module class under a made-up path."""
    module, name = path.rsplit(".", 1)
    for end in range(module.count(".") + 1):
        parent = ".".join(module.split(".")[: end + 1])
        sys.modules.setdefault(parent, types.ModuleType(parent))
    home = sys.modules[module]
    if not hasattr(home, name):
        setattr(home, name, type(name, (torch.nn.Module,), {"__module__": module}))
    return getattr(home, name)


def make(path: str, parts=(), **attributes):
    """A module with parts, tensors (parameters) and plain attributes."""
    made = class_of(path)()
    for name, part in dict(parts).items():
        made.add_module(name, part)
    for name, value in attributes.items():
        if isinstance(value, torch.Tensor):
            made.register_buffer(name, value)
        elif isinstance(value, torch.nn.Parameter):
            made.register_parameter(name, value)
        else:
            setattr(made, name, value)
    return made


def random(*shape, scale=0.3):
    return torch.nn.Parameter(scale * torch.randn(*shape, generator=GENERATOR))


def by_l(n_l, *shape):
    return torch.nn.ParameterList([random(*shape) for _ in range(n_l)])


def dense(n_in, n_out, *, bias=True, last=False, home="cace", activation=torch.nn.functional.silu):
    linear = torch.nn.Linear(n_in, n_out, bias=bias)
    parts = {"linear": linear}
    attributes = {} if home == "les" else {"use_batchnorm": False}
    if last:
        parts["activation"] = torch.nn.Identity()
    else:
        attributes["activation"] = activation
    return make(f"{home}.modules.blocks.Dense" if home == "cace" else "les.module.blocks.Dense", parts, **attributes)


def atomwise(n_in, n_out, key, *, per_atom=None, bias=True, linear=True, home="cace", **options):
    network = torch.nn.Sequential(
        dense(n_in, 6, bias=bias, home=home),
        dense(6, 4, bias=bias, home=home),
        dense(4, n_out, bias=bias, last=True, home=home),
    )
    parts = {"outnet": network}
    if linear:
        parts["linear_nn"] = dense(n_in, n_out, bias=bias, last=True, home=home)
    attributes = {"n_in": n_in, "n_out": n_out, "add_linear_nn": linear, "bias": bias, **options}
    if home == "les":
        return make("les.module.atomwise.Atomwise", parts, output_scaling_factor=0.1, **attributes)
    attributes |= {"output_key": key, "per_atom_output_key": per_atom, "feature_key": "node_feats"}
    defaults = {"aggregation_mode": "sum", "residual": False, "use_batchnorm": False, "post_process": None}
    return make("cace.modules.atomwise.Atomwise", parts, **{**defaults, **attributes, **options})


def monomials(l_max):
    return [(x, y, n - x - y) for n in range(l_max + 1) for x in range(n, -1, -1) for y in range(n - x, -1, -1)]


def n_symmetric(l_max, nu_max):
    return {(2, 2): 3, (3, 3): 6, (4, 3): 9, (2, 4): 9}[l_max, nu_max]


def bchi(n_in, n_l, channels, *, per_channel, per_l, hidden=()):
    widths = [n_in, *hidden, (channels if per_channel else 1) * (n_l if per_l else 1)]
    layers = [dense(a, b, last=b is widths[-1]) for a, b in itertools.pairwise(widths)]
    return make(
        "cace.modules.interaction.MessageBchi",
        {"hnet": torch.nn.Sequential(*layers)},
        shared_channels=not per_channel,
        shared_l=not per_l,
        residual=False,
        use_batchnorm=False,
    )


def message_step(kind, n_l, n_rad, channels, n_step):
    if kind == "shared":
        memory = make("cace.modules.interaction.NodeMemory", {"memory_coef": by_l(n_l, n_rad, channels)})
        decay = make(
            "cace.modules.interaction.MessageAr",
            {"prefactor": by_l(n_l, n_rad, channels), "invr0": by_l(n_l, n_rad, channels)},
        )
        return torch.nn.ModuleList([memory, decay, bchi(n_step, n_l, channels, per_channel=False, per_l=False)])
    step = torch.nn.ModuleList()
    step.add_module("0", None)
    step.add_module("1", None)
    hidden = (5,) if kind == "hidden" else ()
    step.add_module("2", bchi(n_step, n_l, channels, per_channel=True, per_l=True, hidden=hidden))
    return step


def cace(zs=(1, 8), *, n_emb=2, cutoff=4.23, l_max=2, nu_max=2, same=False, message=None, steps=1, **options):
    """A representation and the length of its features."""
    n_rbf, n_rad, channels, n_l = 3, 4, n_emb**2, l_max + 1
    n_step = n_rad * n_symmetric(l_max, nu_max) * channels
    index_map = torch.full((max(zs) + 1,), -1)
    index_map[[int(z) for z in zs]] = torch.arange(len(zs))
    sender = make("cace.modules.type.NodeEmbedding", embedding_weights=random(len(zs), n_emb))
    receiver = sender if same else make("cace.modules.type.NodeEmbedding", embedding_weights=random(len(zs), n_emb))
    messages = [message_step(message, n_l, n_rad, channels, n_step) for _ in range(steps)] if message else []
    frequencies = torch.arange(1, n_rbf + 1) * torch.pi / cutoff
    parts = {
        "node_onehot": make("cace.modules.type.NodeEncoder", index_map=index_map),
        "node_embedding_sender": sender,
        "node_embedding_receiver": receiver,
        "edge_coding": make("cace.modules.type.EdgeEncoder", directed=options.pop("directed", True)),
        "radial_basis": make(
            f"cace.modules.radial.{options.pop('basis', 'BesselRBF')}",
            bessel_weights=frequencies if same else torch.nn.Parameter(frequencies),
            prefactor=torch.tensor((2 / cutoff) ** 0.5),
            cutoff=torch.tensor(cutoff),
        ),
        "cutoff_fn": make(
            f"cace.modules.cutoff.{options.pop('cutoff_class', 'PolynomialCutoff')}",
            p=torch.tensor(6.0),
            cutoff=torch.tensor(cutoff),
        ),
        "angular_basis": make("cace.modules.angular.AngularComponent", l_max=l_max),
        "radial_transform": make(
            "cace.modules.radial_transform.SharedRadialLinearTransform", {"weights": by_l(n_l, n_rbf, n_rad, channels)}
        ),
        "symmetrizer": make("cace.modules.symmetrize_basis.Symmetrizer", max_l=l_max, max_nu=nu_max),
        "message_passing_list": torch.nn.ModuleList(messages),
    }
    attributes = {
        "zs": list(zs),
        "n_atom_basis": n_emb,
        "cutoff": cutoff,
        "max_l": l_max,
        "max_nu": nu_max,
        "mp_norm_factor": 10**-0.5,
        "l_list": monomials(l_max),
        "num_message_passing": len(messages),
        "device": torch.device("cuda"),
    }
    made = make("cace.representations.cace_representation.Cace", parts, **{**attributes, **options})
    return made, n_step * (1 + len(messages))


def ewald(key="ewald_potential", **options):
    defaults = {
        "dl": 2,
        "sigma": 1.0,
        "exponent": 1,
        "remove_self_interaction": False,
        "feature_key": "q",
        "output_key": key,
        "aggregation_mode": "sum",
        "norm_factor": 1.0,
        "external_field": None,
        "charge_neutral_lambda": None,
    }
    return make("cace.modules.ewald.EwaldPotential", **{**defaults, **options})


def les_wrapper(n_in, key="energy_key", les_options=None, **ewald_options):
    defaults = {"dl": 2.0, "sigma": 1.0, "remove_self_interaction": True, "norm_factor": 90.0474}
    parts = {
        "atomwise": atomwise(n_in, 1, "", home="les"),
        "ewald": make("les.module.ewald.Ewald", **{**defaults, **ewald_options}),
        "bec": make("les.module.bec.BEC", remove_mean=True),
    }
    les = make("les.les.Les", parts, output_scaling_factor=0.1, **(les_options or {}))
    return make("cace.modules.les_wrapper.LesWrapper", {"les": les}, feature_key="node_feats", **{key: "LES_energy"})


def add(*keys):
    return make("cace.modules.feature_mix.FeatureAdd", feature_keys=list(keys), output_key="CACE_energy")


def forces(key="CACE_energy"):
    return make("cace.modules.forces.Forces", energy_key=key, forces_key="forces")


def potential(representation, *outputs, **attributes):
    parts = {
        "representation": representation,
        "input_modules": torch.nn.ModuleList([make("cace.modules.preprocess.Preprocess")]),
        "output_modules": torch.nn.ModuleList(outputs),
    }
    return make("cace.models.atomistic.NeuralNetworkPotential", parts, do_postprocessing=False, **attributes)


def default_operation(outputs):
    """Stands for the function of the oldest files."""


def combination(networks, keys, *, function=False):
    cls = class_of("cace.models.combined.CombinePotential")
    home = sys.modules["cace.models.combined"]
    home.default_operation = default_operation
    default_operation.__module__, default_operation.__qualname__ = "cace.models.combined", "default_operation"
    cls.default_operation = method = lambda self, outputs: None
    method.__name__ = "default_operation"
    made = make("cace.models.combined.CombinePotential", {"models": torch.nn.ModuleList(networks)}, potential_keys=keys)
    made.operation = default_operation if function else None
    return made


def short_and_long(n_in, n_charges=1, bias=False, **ewald_options):
    """Output modules of a short-range net and of a charge net."""
    short = (atomwise(n_in, 1, "CACE_energy"), forces())
    charges = atomwise(n_in, n_charges, "tot_q", per_atom="q", bias=bias, linear=not bias)
    return short, (charges, ewald(**ewald_options), forces("ewald_potential"))


def two_nets(*, shared, long_first, n_charges=1, weight=1.0, function=False, message=None, **ewald_options):
    first, n_in = cace(zs=(8, 1, 6), same=True, message=message)
    second = first if shared else cace(zs=(1, 8, 6), same=True, message=message)[0]
    short, long = short_and_long(n_in, n_charges, bias=True, **ewald_options)
    networks = [potential(first, *short), potential(second, *long)]
    keys = [{"CACE_energy": "CACE_energy"}, {"CACE_energy": "ewald_potential", "weight": weight}]
    if long_first:
        networks, keys = networks[::-1], keys[::-1]
    return combination(networks, keys, function=function)


def one_net(ewald_options=None, head_options=None, extra=(), **representation_options):
    representation, n_in = cace(**representation_options)
    energy = atomwise(n_in, 1, "SR_energy", **(head_options or {}))
    charges = atomwise(n_in, 1, "tot_q", per_atom="q", bias=False)
    outputs = (energy, charges, ewald(**(ewald_options or {})), add("SR_energy", "ewald_potential"), forces(), *extra)
    return potential(representation, *outputs)


def with_les(key="energy_key", message=None, les_options=None, **ewald_options):
    representation, n_in = cace(zs=(1, 6, 7, 8), l_max=4, nu_max=3, message=message)
    wrapper = les_wrapper(n_in, key, les_options, **ewald_options)
    return potential(representation, wrapper, atomwise(n_in, 1, "SR_energy"), add("SR_energy", "LES_energy"), forces())


def short_only(**options):
    representation, n_in = cace(**options)
    return potential(representation, atomwise(n_in, 1, "CACE_energy"), forces())


def polarization(factor):
    return make("cace.modules.polarization.Polarization", normalization_factor=factor, output_key="polarization")


def dense_tanh():
    model = short_only()
    model.output_modules[0].outnet[0].activation = torch.tanh
    return model


def coulomb_twice():
    representation, n_in = cace()
    _, long = short_and_long(n_in)
    network = potential(representation, *long)
    keys = [{"CACE_energy": "ewald_potential"}] * 2
    return combination([network, potential(representation, *short_and_long(n_in)[1])], keys)


GOOD = {
    "short_one_element": lambda: short_only(zs=(47,), n_emb=1, cutoff=5.29, l_max=3, nu_max=3),
    "short_shared_message": lambda: short_only(zs=(1, 6), same=True, message="shared"),
    "two_separate_long_first": lambda: two_nets(shared=False, long_first=True, n_charges=4, weight=0.2),
    "two_shared_function": lambda: two_nets(
        shared=True, long_first=True, function=True, message="shared", dl=3.0, sigma=1.5, remove_self_interaction=True
    ),
    "two_separate_short_first": lambda: two_nets(shared=False, long_first=False, weight=0.01, norm_factor=90.0474),
    "four_channels_self_removed": lambda: two_nets(
        shared=False, long_first=True, n_charges=4, weight=0.2, remove_self_interaction=True
    ),
    "one_net_per_channel": lambda: one_net(l_max=3, nu_max=3, message="per_channel", extra=[polarization(-0.185543)]),
    "one_net_hidden_modulation": lambda: one_net(message="hidden"),
    "numpy_elements": lambda: one_net(zs=tuple(np.array([8, 82, 22]))),
    "integer_cutoff": lambda: one_net(cutoff=5),
    "double": lambda: one_net().double(),
    "les": lambda: with_les(),
    "les_old_key": lambda: with_les("output_key", remove_self_interaction=False),
    "les_message": lambda: with_les(message="per_channel"),
}
BAD = {
    "exponent": lambda: one_net({"exponent": 6}),
    "external_field": lambda: one_net({"external_field": 0.1}),
    "neutral_lambda": lambda: one_net({"charge_neutral_lambda": 1.0}),
    "zero_dl": lambda: one_net({"dl": 0}),
    "tiny_dl": lambda: one_net({"dl": 1e-6}),
    "zero_sigma": lambda: one_net({"sigma": 0.0}),
    "nan_sigma": lambda: one_net({"sigma": float("nan")}),
    "nu_max": lambda: short_only(nu_max=4),
    "residual": lambda: one_net(head_options={"residual": True}),
    "batchnorm": lambda: one_net(head_options={"use_batchnorm": True}),
    "average": lambda: one_net(head_options={"aggregation_mode": "avg"}),
    "post_process": lambda: one_net(head_options={"post_process": "log"}),
    "feature_key": lambda: one_net(head_options={"feature_key": "node_feats_A"}),
    "two_steps": lambda: short_only(message="shared", steps=2),
    "basis": lambda: short_only(basis="GaussianRBF"),
    "cutoff_class": lambda: short_only(cutoff_class="CosineCutoff"),
    "undirected": lambda: short_only(directed=False),
    "monomials": lambda: short_only(l_list=monomials(2)[::-1]),
    "activation": dense_tanh,
    "multipoles": lambda: with_les(les_options={"use_dipole": True}),
    "coulomb_twice": coulomb_twice,
    "negative_weight": lambda: two_nets(shared=True, long_first=False, weight=-1.0),
    "nan_weights": lambda: nan_weights(),
    "state_dict": lambda: short_only().state_dict(),
    "training_state": lambda: {"epoch": 3, "state_dict": short_only().state_dict()},
    "only_tensor": lambda: torch.ones(3),
    "only_representation": lambda: cace()[0],
}


def nan_weights():
    model = short_only()
    with torch.no_grad():
        model.representation.node_embedding_sender.embedding_weights[0, 0] = float("nan")
    return model


def bind_operation(model):
    """Published files hold a bound method, which pickle writes as a call of getattr."""
    if type(model).__name__ == "CombinePotential" and model.operation is None:
        model.operation = model.default_operation


def main() -> None:
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    for name, build in {**GOOD, **BAD}.items():
        model = build()
        bind_operation(model)
        torch.save(model, folder / f"{name}.pth")
        if name in GOOD:
            tensors = {key: value.numpy() for key, value in model.state_dict().items()}
            np.savez(folder / f"{name}.npz", **tensors)
    for protocol in (3, 4, 5):
        torch.save(short_only(), folder / f"protocol_{protocol}.pth", pickle_protocol=protocol)
    torch.save(short_only(), folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(2)), folder / "torchscript.pth")


if __name__ == "__main__":
    main()
