"""From the inert parts of a CACE model to our configuration and weights (CHECKPOINTS §1 and §2).

Every option of the published classes that would change the numbers is checked; one that we do not compute is refused
by its name.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.models.checkpoint.tree import Module
from les_viz.models.config import HeadConfig, MessageConfig, RepresentationConfig
from les_viz.models.header import MAX_L, MAX_NU
from les_viz.models.monomials import monomials_of

Weights = dict[str, NDArray[Any]]

_SILU = ("silu", "SiLU")
_EDGE_EPSILON = 1e-6
"""Relative difference of two stored cutoffs that is only their rounding to float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """A representation that was read, with its tensors by their names within it."""

    elements: tuple[int, ...]
    config: RepresentationConfig
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A network that was read, with its tensors by their names within it."""

    config: HeadConfig
    weights: Weights


def read_representation(cace: Module) -> Representation:
    """Read a `Cace` module.

    Raises:
        ModelError: it has an option or part that we do not compute.
    """
    cace.require_class("Cace")
    l_max, nu_max = cace.integer("max_l"), cace.integer("max_nu")
    if not (1 <= l_max <= MAX_L and 1 <= nu_max <= MAX_NU):
        cace.refuse(f"has l_max = {l_max} and nu_max = {nu_max}, but les_viz supports 1 to {MAX_L} and 1 to {MAX_NU}")
    _check_conventions(cace, l_max)
    sender = cace.required_child("node_embedding_sender")
    receiver = cace.child("node_embedding_receiver") or sender
    basis = cace.required_child("radial_basis")
    basis.require_class("BesselRBF")
    transform = cace.required_child("radial_transform")
    transform.require_class("SharedRadialLinearTransform")
    mixing = transform.stacked("weights")
    if mixing.ndim != 4:
        transform.refuse("holds tensors of an unexpected shape")
    cutoff, power = _cutoff(cace)
    message, message_weights = _message(cace, n_channels=mixing.shape[3], n_l=l_max + 1)
    frequencies = basis.tensor("bessel_weights")
    config = RepresentationConfig(
        cutoff=cutoff,
        n_embedding=cace.integer("n_atom_basis"),
        n_radial_basis=mixing.shape[1],
        n_radial=mixing.shape[2],
        l_max=l_max,
        nu_max=nu_max,
        cutoff_power=power,
        message=message,
    )
    weights = {
        "sender_embedding": sender.tensor("embedding_weights"),
        "receiver_embedding": receiver.tensor("embedding_weights"),
        "bessel_frequencies": frequencies.reshape(-1),
        "bessel_prefactor": basis.tensor("prefactor").reshape(-1),
        "mixing": mixing,
        **message_weights,
    }
    return Representation(elements=_elements(cace), config=config, weights=weights)


def read_head(atomwise: Module, *, scale: float) -> Head:
    """Read the network of an `Atomwise` module of cace or les; its index of representation is left at 0.

    Args:
        atomwise: the module.
        scale: factor on its output.

    Raises:
        ModelError: it has an option or part that we do not compute.
    """
    atomwise.require_class("Atomwise")
    atomwise.forbid("residual", unless=False)
    atomwise.forbid("use_batchnorm", unless=False)
    atomwise.forbid("post_process", unless=None)
    outnet = atomwise.child("outnet")
    if outnet is None:
        atomwise.refuse("has no network, because it was saved before its first use; save it after training")
    layers = _network(outnet)
    weights = _layer_weights(layers, "layers")
    linear = atomwise.child("linear_nn") if atomwise.flag("add_linear_nn", default=True) else None
    linear_bias = None
    if linear is not None:
        matrix, linear_bias = _dense(linear, last=True)
        weights["linear.weight"] = matrix
        if linear_bias is not None:
            weights["linear.bias"] = linear_bias
    config = HeadConfig(
        n_out=layers[-1][0].shape[0],
        hidden=tuple(matrix.shape[0] for matrix, _ in layers[:-1]),
        bias=layers[0][1] is not None,
        linear=linear is not None,
        linear_bias=linear_bias is not None,
        scale=scale,
    )
    return Head(config=config, weights=weights)


def check_feature_key(module: Module) -> None:
    """Refuse a network that reads anything but the invariant features.

    Raises:
        ModelError: names what it reads.
    """
    if module.value("feature_key", "node_feats") not in ("node_feats", ["node_feats"]):
        module.refuse("reads other features than 'node_feats', which les_viz does not support")


def _check_conventions(cace: Module, l_max: int) -> None:
    """The published order of monomials and of edge channels is the only one that our tensors know."""
    edge = cace.child("edge_coding")
    if edge is not None:
        edge.forbid("directed", unless=True)
    angular = cace.child("angular_basis")
    if angular is not None:
        angular.require_class("AngularComponent", "AngularComponent_GPU")
    order = cace.value("l_list", None)
    expected = [powers for degree in range(l_max + 1) for powers in monomials_of(degree)]
    if order is not None and (not isinstance(order, list) or order != expected):
        cace.refuse("has its angular functions in an unknown order")


def _elements(cace: Module) -> tuple[int, ...]:
    numbers = cace.value("zs")
    if not isinstance(numbers, (list, tuple)) or not all(type(number) is int for number in numbers):
        cace.refuse("has no list of atomic numbers as 'zs'")
    encoder = cace.child("node_onehot")
    index_map = encoder.optional_tensor("index_map") if encoder is not None else None
    if encoder is not None and index_map is not None:
        stored = {int(number): int(index) for number, index in enumerate(index_map.reshape(-1)) if index >= 0}
        if stored != {number: index for index, number in enumerate(numbers)}:
            encoder.refuse("orders its elements otherwise than 'zs'")
    return tuple(numbers)


def _cutoff(cace: Module) -> tuple[float, int]:
    """Cutoff as the cutoff function uses it (a float32), and its power."""
    function = cace.required_child("cutoff_fn")
    function.require_class("PolynomialCutoff")
    cutoff, power = function.scalar("cutoff"), function.scalar("p")
    if abs(cutoff - cace.number("cutoff")) > _EDGE_EPSILON * cutoff:
        function.refuse("has another cutoff than its neighbour list")
    if power != int(power):
        function.refuse("has a power that is no whole number")
    return cutoff, int(power)


def _message(cace: Module, *, n_channels: int, n_l: int) -> tuple[MessageConfig | None, Weights]:
    steps = cace.child("message_passing_list")
    parts = steps.children() if steps is not None else []
    if not parts:
        return None, {}
    if len(parts) > 1:
        cace.refuse(f"passes messages {len(parts)} times, but les_viz supports at most one step")
    weights: Weights = {}
    modulation: dict[str, Any] = {}
    kinds = {part.class_name: part for part in parts[0].children()}
    for part in kinds.values():
        part.require_class("NodeMemory", "MessageAr", "MessageBchi")
    if "NodeMemory" in kinds:
        weights["message.memory"] = kinds["NodeMemory"].stacked("memory_coef")
    if "MessageAr" in kinds:
        weights["message.decay_prefactor"] = kinds["MessageAr"].stacked("prefactor")
        weights["message.decay_rate"] = kinds["MessageAr"].stacked("invr0")
    if "MessageBchi" in kinds:
        modulation, modulation_weights = _modulation(kinds["MessageBchi"], n_channels=n_channels, n_l=n_l)
        weights |= modulation_weights
    config = MessageConfig(
        memory="NodeMemory" in kinds,
        decay="MessageAr" in kinds,
        modulation="MessageBchi" in kinds,
        norm_factor=cace.number("mp_norm_factor"),
        **modulation,
    )
    return config, weights


def _modulation(bchi: Module, *, n_channels: int, n_l: int) -> tuple[dict[str, Any], Weights]:
    bchi.forbid("residual", unless=False)
    bchi.forbid("use_batchnorm", unless=False)
    layers = _network(bchi.required_child("hnet"))
    per_channel, per_l = not bchi.flag("shared_channels"), not bchi.flag("shared_l")
    n_out = (n_channels if per_channel else 1) * (n_l if per_l else 1)
    if layers[-1][0].shape[0] != n_out:
        bchi.refuse(f"has {layers[-1][0].shape[0]} outputs instead of {n_out}")
    options = {
        "modulation_per_channel": per_channel,
        "modulation_per_l": per_l,
        "modulation_hidden": tuple(matrix.shape[0] for matrix, _ in layers[:-1]),
        "modulation_bias": layers[0][1] is not None,
    }
    return options, _layer_weights(layers, "message.modulation")


_Layer = tuple[NDArray[Any], NDArray[Any] | None]


def _network(sequential: Module) -> list[_Layer]:
    """Weights and biases of a multilayer perceptron with silu between its layers."""
    layers = sequential.children()
    if not layers:
        sequential.refuse("is empty")
    read = [_dense(layer, last=layer is layers[-1]) for layer in layers]
    if len({bias is None for _, bias in read}) > 1:
        sequential.refuse("has a bias in some of its layers only, which les_viz does not support")
    return read


def _dense(layer: Module, *, last: bool) -> _Layer:
    layer.require_class("Dense", "Linear")
    if layer.class_name == "Linear":
        if not last:
            layer.refuse("is followed by no activation")
        linear = layer
    else:
        layer.forbid("use_batchnorm", unless=False)
        if {part.path.rsplit(".", 1)[1] for part in layer.children()} - {"linear", "activation"}:
            layer.refuse("has a part besides its linear map and activation, which les_viz does not support")
        activation = layer.activation("activation")
        if activation not in (("Identity",) if last else _SILU):
            wanted = "none" if last else "silu"
            layer.refuse(f"has the activation {activation[:40]!a} where les_viz supports {wanted}")
        linear = layer.required_child("linear")
        linear.require_class("Linear")
    matrix, bias = linear.tensor("weight"), linear.optional_tensor("bias")
    if matrix.ndim != 2:
        linear.refuse("holds a tensor of an unexpected shape")
    return matrix, bias


def _layer_weights(layers: list[_Layer], name: str) -> Weights:
    weights: Weights = {}
    for index, (matrix, bias) in enumerate(layers):
        weights[f"{name}.{index}.weight"] = matrix
        if bias is not None:
            weights[f"{name}.{index}.bias"] = bias
    return weights


def reordered(representation: Representation, elements: tuple[int, ...]) -> Representation:
    """The same representation with its elements in another order."""
    rows = [representation.elements.index(number) for number in elements]
    weights = {
        name: np.ascontiguousarray(values[rows]) if name.endswith("_embedding") else values
        for name, values in representation.weights.items()
    }
    return Representation(elements=elements, config=representation.config, weights=weights)
