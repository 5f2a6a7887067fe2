"""Chemical symbols, formulas, and covalent radii by atomic number, without a chemistry toolkit.

Reference: B. Cordero et al., Covalent radii revisited, Dalton Trans. 2832 (2008), doi:10.1039/b801115j (Z up to 96).
"""

from typing import Final

_SYMBOLS = """
    X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K
    Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y
    Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr
    Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au
    Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es
    Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""
SYMBOLS: Final = tuple(_SYMBOLS.split())
"""Symbol of each atomic number; index 0 is the placeholder X."""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

_RADII_TEXT = """
    0.31 0.28 1.28 0.96 0.84 0.76 0.71 0.66 0.57 0.58 1.66 1.41 1.21 1.11 1.07 1.05
    1.02 1.06 2.03 1.76 1.70 1.60 1.53 1.39 1.39 1.32 1.26 1.24 1.32 1.22 1.22 1.20
    1.19 1.20 1.20 1.16 2.20 1.95 1.90 1.75 1.64 1.54 1.47 1.46 1.42 1.39 1.45 1.44
    1.42 1.39 1.39 1.38 1.39 1.40 2.44 2.15 2.07 2.04 2.03 2.01 1.99 1.98 1.98 1.96
    1.94 1.92 1.92 1.89 1.90 1.87 1.87 1.75 1.70 1.62 1.51 1.44 1.41 1.36 1.36 1.32
    1.45 1.46 1.48 1.40 1.50 1.50 2.60 2.21 2.15 2.06 2.00 1.96 1.90 1.87 1.80 1.69
"""
_RADII = tuple(float(radius) for radius in _RADII_TEXT.split())
_UNKNOWN_RADIUS = 1.6
_NOT_METALS_TEXT = "X H He B C N O F Ne Si P S Cl Ar Ge As Se Br Kr Sb Te I Xe At Rn Ts Og"
_NOT_METALS = frozenset(SYMBOLS.index(symbol) for symbol in _NOT_METALS_TEXT.split())


def covalent_radius(atomic_number: int) -> float:
    """Covalent radius in Å; 1.6 Å for the elements beyond curium, for which none is tabulated."""
    if 1 <= atomic_number <= len(_RADII):
        return _RADII[atomic_number - 1]
    return _UNKNOWN_RADIUS


def is_metal(atomic_number: int) -> bool:
    """Whether the element is a metal; half-metals such as silicon count as none."""
    return atomic_number not in _NOT_METALS


def subscripted(formula: str) -> str:
    """A chemical formula as people write it: H₂O."""
    return formula.translate(_SUBSCRIPTS)
