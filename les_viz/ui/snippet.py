"""The Python that gives the numbers on the page: a script that runs as it is."""

from les_viz.ui.session import Shown


def opening(shown: Shown, *quantities: str, options: str = "") -> str:
    """Write the first half: read the structure, load the model, predict.

    Args:
        shown: what is on the page.
        quantities: what to ask for.
        options: further arguments of `predict`, each with a leading comma.

    Returns:
        Lines that end with a `prediction`; uploads are read from the working folder.
    """
    read = shown.structure.expression.format(index=shown.frame)
    if shown.boundary is not None:
        options += f', boundary="{shown.boundary}"'
    lines = ["import les_viz"]
    if "SAMPLE_MODELS" in read:
        lines.append("from les_viz.resources import SAMPLE_MODELS")
    lines += ["", f"atoms = {read}", *(edit.python for edit in shown.edits), f"model = {shown.model.expression}"]
    if shown.scale is not None:
        sign, epsilon = shown.scale
        lines.append(f"model = model.rescaled(charge_sign={sign}, epsilon_infinity={epsilon})")
    asked = ", ".join(f'"{quantity}"' for quantity in quantities)
    lines.append(f"prediction = les_viz.predict(model, atoms, quantities={{{asked}}}{options})")
    return "\n".join(lines) + "\n"


def charges_script(shown: Shown) -> str:
    """The script of the Charges page: totals and the charge of each atom."""
    return (
        opening(shown, "energy", "forces", "latent_charges")
        + """
print(f"total charge {prediction.total_charge:+.3f} e")
print(f"short range {prediction.short_range_energy:.3f} eV, Coulomb {prediction.long_range_energy:.3f} eV")
for symbol, charge in zip(atoms.symbols, prediction.partial_charges):
    print(f"{symbol:2s} {charge:+.4f} e")
"""
    )


def response_script(shown: Shown) -> str:
    """The script of the Response page: dipole, sum rule, and the Born effective charge of one atom."""
    method = shown.prediction.bec_method
    return (
        opening(shown, "dipole", "born_effective_charges", options=f', bec_method="{method}"')
        + """
print("dipole (e Å):", prediction.dipole.round(4))
print("sum of the Born effective charges (e):", prediction.acoustic_sum_residual.round(4).tolist())
isotropic = prediction.born_effective_charges.trace(axis1=1, axis2=2) / 3
for symbol in sorted(set(atoms.symbols)):
    own = isotropic[atoms.symbols == symbol]
    print(f"{symbol}: {own.mean():+.4f} ± {own.std():.4f} e")
print("first atom, rows field, columns displacement (e):")
print(prediction.born_effective_charges[0].round(4))
"""
    )


def potential_script(shown: Shown) -> str:
    """The script of the Potential page: the grid, its range and a cube file of it."""
    return (
        opening(shown, "latent_charges")
        + """
from les_viz.response.potential import potential_grid

grid = potential_grid(model, prediction)
print("points:", grid.values.shape)
print(f"lowest {grid.values.min():+.2f} V, highest {grid.values.max():+.2f} V")
heights, means = grid.planar_average(axis=2)
for height, mean in zip(heights, means):
    print(f"{height:7.3f} Å {mean:+.4f} V")
"""
    )


def model_script(shown: Shown) -> str:
    """The script of the Models page: what is inside, and errors against the forces of the file."""
    return (
        opening(shown, "energy", "forces")
        + """
config = model.config
print("elements:", config.elements, "cutoff:", model.cutoff, "Å")
print("electrostatics:", config.electrostatics)
print("charge scale:", model.charge_scale)
print(f"energy {prediction.energy:.4f} eV, of it Coulomb {prediction.long_range_energy:.4f} eV")
if atoms.calc is not None and "forces" in atoms.calc.results:
    difference = prediction.forces - atoms.calc.results["forces"]
    print(f"force RMSE against the file {(difference**2).mean() ** 0.5:.4f} eV/Å")
"""
    )
