"""A published CACE or CACE-LES model, read inertly, as a model of ours.

A published model is a list of modules that read and write keys of one dictionary, or several of these whose energies
are added with weights. The energy's key is followed back to the networks behind it. What comes out has the same energy:
charges in the units of the file become charges in e under CODATA, q = q_file sqrt(w K_file / K) with K = e²/2ε0 and w
the weight of the Coulomb energy (oracle SPEC §0).
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from les_viz.errors import ModelError
from les_viz.models.checkpoint.archive import CheckpointArchive
from les_viz.models.checkpoint.layers import (
    Head,
    Representation,
    Weights,
    check_feature_key,
    read_head,
    read_representation,
    reordered,
)
from les_viz.models.checkpoint.nodes import InertGlobal, InertObject, TensorRef
from les_viz.models.checkpoint.tree import Module
from les_viz.models.checkpoint.unpickler import InertUnpickler
from les_viz.models.config import ElectrostaticsConfig, ModelConfig
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT

MAX_NETWORKS = 4
MAX_SUM_DEPTH = 8
LICENCE = "CC BY-NC 4.0 (as published by the authors; les/cace)"
_ENERGY = "CACE_energy"
_PLAIN_KINDS = {TensorRef: "tensor", InertGlobal: "function", list: "list", tuple: "tuple"}


def read_published(name: str, content: bytes) -> tuple[ModelConfig, Weights]:
    """Read a file that `torch.save` made of a whole CACE model.

    Args:
        name: of the file, for the provenance.
        content: the whole file.

    Raises:
        ModelError: damaged, of another kind, or with an option that we do not compute.
    """
    archive = CheckpointArchive(content)
    root = InertUnpickler(archive.pickled).load()
    networks = _networks(_root_module(root, archive))
    terms = [term for network, key, weight in networks for term in _energy_terms(network, key, weight)]
    model = _assembled(terms)
    provenance = {
        "source": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": LICENCE,
        **model[0].provenance,
        **_polarization_note(network for network, _, _ in networks),
    }
    return replace(model[0], provenance=provenance), model[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """One network behind the energy: `coulomb` is None if its output is an energy itself."""

    cace: Module
    atomwise: Module
    weight: float
    coulomb: Module | None = None


def _root_module(root: object, archive: CheckpointArchive) -> Module:
    if isinstance(root, dict):
        raise ModelError(
            "it holds a dictionary (weights or a training state) without the model they belong to; choose the file "
            "with the whole model, such as best_model.pth"
        )
    if not isinstance(root, InertObject) or not root.maker.module.startswith("cace."):
        kind = root.maker.path if isinstance(root, InertObject) else _PLAIN_KINDS.get(type(root), "plain value")
        raise ModelError(f"it holds a {kind[:60]!a}, not a CACE-LES model; choose the .pth file of a CACE-LES model")
    return Module(root, archive, "model")


def _networks(root: Module) -> list[tuple[Module, str | None, float]]:
    """The networks whose energies are added: module, key of its energy (None: find it) and weight."""
    root.require_class("NeuralNetworkPotential", "CombinePotential")
    if root.class_name == "NeuralNetworkPotential":
        return [(root, None, 1.0)]
    operation = root.value("operation", None)
    method = operation.args[-1] if isinstance(operation, InertObject) and operation.args else operation
    if (method.name if isinstance(method, InertGlobal) else method) not in (None, "default_operation"):
        root.refuse("combines its networks by an operation of its own, but les_viz supports the weighted sum")
    networks, keys = root.required_child("models").children(), root.value("potential_keys")
    if not isinstance(keys, list) or len(keys) != len(networks) or not 0 < len(networks) <= MAX_NETWORKS:
        root.refuse(f"must have one to {MAX_NETWORKS} networks and as many potential_keys")
    return [(network, *_key_and_weight(root, entry)) for network, entry in zip(networks, keys, strict=True)]


def _key_and_weight(root: Module, entry: object) -> tuple[str, float]:
    key = entry.get(_ENERGY) if isinstance(entry, dict) else None
    weight = entry.get("weight", 1.0) if isinstance(entry, dict) else None
    if not isinstance(key, str) or not isinstance(weight, (int, float)) or not math.isfinite(weight):
        root.refuse(f"has potential_keys without a text as {_ENERGY!r} or a number as 'weight'")
    return key, float(weight)


def _energy_terms(network: Module, key: str | None, weight: float) -> list[_Term]:
    network.require_class("NeuralNetworkPotential")
    if network.flag("do_postprocessing", default=False):
        postprocessors = network.child("postprocessors")
        if postprocessors is not None and postprocessors.children():
            postprocessors.refuse("changes the outputs afterwards, which les_viz does not support")
    modules = network.required_child("output_modules").children()
    cace = network.required_child("representation")
    producers = {produced: module for module in modules for produced in _produced_keys(module)}
    key = _energy_key(network, modules, producers) if key is None else key
    return _terms_of(key, weight, cace, producers, depth=0)


def _energy_key(network: Module, modules: list[Module], producers: dict[str, Module]) -> str:
    """The key whose derivative are the forces, else the usual one."""
    keys = {module.text("energy_key") for module in modules if module.class_name == "Forces"}
    if len(keys) == 1:
        return keys.pop()
    if _ENERGY not in producers:
        network.refuse(f"does not say which of its outputs is the energy (no single 'Forces', no {_ENERGY!r})")
    return _ENERGY


def _produced_keys(module: Module) -> list[str]:
    """Keys under which a module writes energies or charges."""
    if module.class_name == "LesWrapper":  # its oldest version has one key
        keys = [module.value("energy_key", module.value("output_key", None))]
    elif module.class_name == "Atomwise":
        keys = [module.value("output_key", None), module.value("per_atom_output_key", None)]
    else:
        keys = [module.value("output_key", None)]
    return [key for key in keys if isinstance(key, str)]


def _terms_of(key: str, weight: float, cace: Module, producers: dict[str, Module], *, depth: int) -> list[_Term]:
    module = producers.get(key)
    if module is None or depth > MAX_SUM_DEPTH:
        cace.refuse(f"feeds no network that makes the energy {key[:40]!a}")
    module.require_class("Atomwise", "EwaldPotential", "LesWrapper", "FeatureAdd")
    if module.class_name == "FeatureAdd":
        keys = module.value("feature_keys")
        if not isinstance(keys, list) or not all(isinstance(part, str) for part in keys) or len(keys) > MAX_SUM_DEPTH:
            module.refuse("has no short list of keys to add")
        return [term for part in keys for term in _terms_of(part, weight, cace, producers, depth=depth + 1)]
    if module.class_name == "EwaldPotential":
        charges = producers.get(module.text("feature_key"))
        if charges is None or charges.value("per_atom_output_key", None) != module.text("feature_key"):
            module.refuse("gets its charges from something else than a network of this model")
        check_feature_key(charges)
        return [_Term(cace=cace, atomwise=charges, weight=weight, coulomb=module)]
    check_feature_key(module)
    if module.class_name == "LesWrapper":
        les = module.required_child("les")
        les.require_class("Les")
        return [_Term(cace=cace, atomwise=les.required_child("atomwise"), weight=weight, coulomb=les)]
    module.forbid("aggregation_mode", unless="sum")
    return [_Term(cace=cace, atomwise=module, weight=weight)]


def _assembled(terms: list[_Term]) -> tuple[ModelConfig, Weights]:
    """Put the networks together: each representation once, all energies, at most one set of charges."""
    coulomb_terms = [term for term in terms if term.coulomb is not None and term.weight != 0.0]
    if len(coulomb_terms) > 1:
        raise ModelError("it adds two Coulomb energies of different charges, but les_viz supports one set of charges")
    representations: dict[int, Representation] = {}
    heads: list[tuple[int, Head]] = []
    charges: tuple[int, Head, Module] | None = None
    for term in terms:
        if term.weight == 0.0:
            continue
        cace_id = id(term.cace.node)  # parts that the networks share are one object in the pickle
        if cace_id not in representations:
            representations[cace_id] = read_representation(term.cace)
        index = list(representations).index(cace_id)
        if term.coulomb is None:
            heads.append((index, read_head(term.atomwise, scale=term.weight)))
        else:
            charges = (index, _charge_head(term, term.coulomb), term.coulomb)
    return _config_and_weights(list(representations.values()), heads, charges)


def _config_and_weights(
    representations: list[Representation],
    heads: list[tuple[int, Head]],
    charges: tuple[int, Head, Module] | None,
) -> tuple[ModelConfig, Weights]:
    if not representations:
        raise ModelError("it has no network behind its energy")
    elements = representations[0].elements
    if any(set(other.elements) != set(elements) for other in representations):
        raise ModelError("its networks know different elements, which les_viz does not support")
    representations = [reordered(representation, elements) for representation in representations]
    charge_head = None if charges is None else replace(charges[1].config, representation=charges[0])
    config = ModelConfig(
        elements=elements,
        representations=tuple(representation.config for representation in representations),
        energy_heads=tuple(replace(head.config, representation=index) for index, head in heads),
        charge_head=charge_head,
        electrostatics=None if charges is None else _electrostatics(charges[2], charges[1].config.n_out),
        provenance=_family(charges),
    )
    weights: Weights = {}
    for index, representation in enumerate(representations):
        weights |= _prefixed(f"representations.{index}", representation.weights)
    for number, (_, head) in enumerate(heads):
        weights |= _prefixed(f"energy_heads.{number}", head.weights)
    if charges is not None:
        weights |= _prefixed("charge_head", charges[1].weights)
    return config, weights


def _prefixed(prefix: str, weights: Weights) -> Weights:
    return {f"{prefix}.{name}": values for name, values in weights.items()}


def _charge_head(term: _Term, coulomb: Module) -> Head:
    """The charge network, scaled so that its charges in e give the energy of the file."""
    ewald, output_factor = coulomb, 1.0
    if coulomb.class_name == "Les":
        ewald = coulomb.required_child("ewald")
        holder = term.atomwise if term.atomwise.value("output_scaling_factor", None) is not None else coulomb
        output_factor = holder.number("output_scaling_factor")
    squared = term.weight * _stored_constant(ewald) / RECIPROCAL_COULOMB_CONSTANT
    if squared < 0:
        coulomb.refuse("has a negative weight: no real charges give its energy")
    return read_head(term.atomwise, scale=output_factor * math.sqrt(squared))


def _stored_constant(ewald: Module) -> float:
    """K of the file in eV Å by its unit of charge squared; the oldest files of cace do not store their 1."""
    return ewald.number("norm_factor", 1.0 if ewald.class_name == "EwaldPotential" else None)


def _electrostatics(coulomb: Module, channels: int) -> ElectrostaticsConfig:
    ewald = coulomb
    if coulomb.class_name == "Les":
        ewald = coulomb.required_child("ewald")
        for part in (coulomb, ewald):
            _forbid_extensions(part)
    ewald.require_class("EwaldPotential", "Ewald")
    ewald.forbid("exponent", unless=1)
    ewald.forbid("aggregation_mode", unless="sum")
    ewald.forbid("external_field", unless=None)
    ewald.forbid("charge_neutral_lambda", unless=None)
    resolution = ewald.number("dl")
    if resolution <= 0:
        ewald.refuse(f"has dl = {resolution:g}, which must be above 0")
    return ElectrostaticsConfig(
        smearing=ewald.number("sigma"),
        k_cutoff=2 * math.pi / resolution,
        self_interaction=not ewald.flag("remove_self_interaction"),
        single_precision_k=True,
        removed_self_terms=channels if ewald.class_name == "EwaldPotential" else 1,
    )


def _forbid_extensions(part: Module) -> None:
    """Multipoles and induced charges of newer versions of les are switched by flags named `use_...`."""
    for name in part.attribute_names():
        if name.startswith("use_") and name != "use_atomwise" and part.value(name) is not None:
            part.forbid(name, unless=False)


def _family(charges: tuple[int, Head, Module] | None) -> dict[str, str]:
    if charges is None:
        return {"family": "CACE, short-range only"}
    _, head, coulomb = charges
    if coulomb.class_name == "Les":
        constant = _stored_constant(coulomb.required_child("ewald"))
        return {"family": "CACE-LES (les)", "stored_coulomb_prefactor_eV_A": f"{constant:.8g}"}
    note = {"family": "CACE-LES (cace)", "stored_coulomb_prefactor_eV_A": f"{_stored_constant(coulomb):.8g}"}
    if head.config.n_out > 1 and coulomb.flag("remove_self_interaction"):
        note["self_interaction"] = (
            "in periodic cells the sum over the charge channels is removed once a channel, as the published code does: "
            "the energy stays what the model was trained to"
        )
    return note


def _polarization_note(networks: Iterable[Module]) -> dict[str, str]:
    """The factor that the authors put on the polarisation holds their dielectric constant; it is only reported."""
    for network in networks:
        for module in network.required_child("output_modules").children():
            factor = module.value("normalization_factor", None)
            if module.class_name == "Polarization" and isinstance(factor, (int, float)) and math.isfinite(factor):
                scale = factor * math.sqrt(RECIPROCAL_COULOMB_CONSTANT)
                return {
                    "polarization_normalization_factor": f"{factor:.8g}",
                    "polarization_note": f"implies charge_scale {scale:.4g}, that is epsilon_infinity "
                    f"{scale**2:.4g} and charge_sign {1 if scale >= 0 else -1}; not applied",
                }
    return {}
