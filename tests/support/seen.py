"""What a model's representations see of a system."""

from les_viz.models.representation import Surroundings


def surroundings_of(model, system):
    table = model.neighbors(system)
    return Surroundings(
        vectors=table.edge_vectors(system.positions, system.cell, system.system_idx),
        neighbor_indices=table.neighbor_indices,
        is_neighbor=table.is_neighbor,
        element_idx=model.element_indices(system.atomic_numbers),
    )
