"""Labelled frames as a training has them, for a given model."""

import torch

from les_viz.train.frames import FrameFormat, FrameSet


def frame_set_for(model, frames, dtype=torch.float64):
    form = FrameFormat(
        elements=model.config.elements,
        atomic_energies={z: model.config.atomic_energies.get(z, 0.0) for z in model.config.elements},
        cutoff=model.cutoff,
        coulomb=model.coulomb,
        dtype=dtype,
    )
    return FrameSet(frames, form)
