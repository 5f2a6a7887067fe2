"""The Python that gives the numbers on the page."""

from les_viz.ui.session import Shown


def python_for(shown: Shown) -> str:
    """Write a script that reads the same structure, loads the same model and prints the same charges.

    Args:
        shown: what is on the page.

    Returns:
        A script that runs as it is; uploads are read from the working folder.
    """
    read = shown.structure.expression.format(index=shown.frame)
    boundary = "" if shown.boundary is None else f', boundary="{shown.boundary}"'
    return f"""import les_viz
from les_viz.resources import SAMPLE_MODELS

atoms = {read}
model = {shown.model.expression}
prediction = les_viz.predict(model, atoms, quantities={{"energy", "forces", "latent_charges"}}{boundary})

print(f"total charge {{prediction.total_charge:+.3f}} e")
print(f"short range {{prediction.short_range_energy:.3f}} eV, Coulomb {{prediction.long_range_energy:.3f}} eV")
for symbol, charge in zip(atoms.symbols, prediction.partial_charges):
    print(f"{{symbol:2s}} {{charge:+.4f}} e")
"""
