"""Which frames go together."""

from collections.abc import Sequence

import torch


def batches_in_order(counts: Sequence[int], most_atoms: int) -> list[list[int]]:
    """Numbers of frames in their order, taken together up to so many atoms; a larger frame stands alone."""
    return _grouped(range(len(counts)), counts, most_atoms)


def shuffled_batches(counts: Sequence[int], most_atoms: int, *, seed: int, epoch: int) -> list[list[int]]:
    """The batches of one epoch; a function of seed and epoch alone, so that training can resume anywhere."""
    generator = torch.Generator().manual_seed((seed << 24) + epoch)
    order = torch.randperm(len(counts), generator=generator).tolist()
    return _grouped(order, counts, most_atoms)


def _grouped(order: Sequence[int], counts: Sequence[int], most_atoms: int) -> list[list[int]]:
    batches: list[list[int]] = []
    n_atoms = 0
    for number in order:
        if batches and n_atoms + counts[number] <= most_atoms:
            batches[-1].append(number)
            n_atoms += counts[number]
        else:
            batches.append([number])
            n_atoms = counts[number]
    return batches
