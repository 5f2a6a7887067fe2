"""Labelled frames as a training has them, for a given model."""

import torch

from les_viz.train.frames import FrameFormat, FrameSet


def frame_set_for(model, frames):
    form = FrameFormat(
        elements=model.config.elements,
        atomic_energies=model.config.atomic_energies,
        cutoff=model.cutoff,
        coulomb=model.coulomb,
        dtype=torch.float64,
    )
    return FrameSet(frames, form)
