"""Small models with random weights, as files."""

from random_models import random_model

from les_viz.models.config import BondHeadConfig, HeadConfig
from les_viz.models.native import write_native

KINDS = {
    "atomic": {},
    "message": {"message": "M+Ar+Bchi"},
    "bond": {
        "charge_head": BondHeadConfig(
            cutoff=3.0, n_transfers=3, hidden=(5,), scale=0.5, formal_charges={1: 0.3, 8: -0.6}
        )
    },
}
"""Ways in which charges come about, by name."""


def model_of_kind(kind, **changes):
    soft = (HeadConfig(hidden=(6,), scale=0.02),)
    settings = {"energy_heads": soft, **KINDS[kind], **changes}
    return random_model(settings.pop("message", "none"), **settings)


def write_model(path, model):
    weights = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    path.write_bytes(write_native(model.config, weights))
    return path
