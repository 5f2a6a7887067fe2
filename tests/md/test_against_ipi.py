"""The same trajectory from i-PI (GPL; a process of its own, `pip install 'les_viz[ipi]'`) through ASE's socket."""

import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import numpy as np
import pytest
from ase import units
from ase.calculators.socketio import SocketClient
from model_files import model_of_kind
from random_models import random_atoms

from les_viz.md.driver import Driver
from les_viz.md.engine import SurfaceCalculator
from les_viz.md.settings import DynamicsSettings
from les_viz.md.surface import ModelSurface, Wanted

STEPS = 50
TIMESTEP_FS = 0.1

INPUT = """<simulation verbosity='quiet'>
  <output prefix='out'></output>
  <total_steps>{steps}</total_steps>
  <prng><seed>1</seed></prng>
  <ffsocket name='les' mode='unix' pbc='False'><address>{address}</address><latency>1e-3</latency></ffsocket>
  <system>
    <initialize nbeads='1'>
      <positions mode='manual'>{positions}</positions>
      <momenta mode='manual'>{momenta}</momenta>
      <masses mode='manual'>{masses}</masses>
      <labels mode='manual'>{labels}</labels>
      <cell mode='manual'>{cell}</cell>
    </initialize>
    <forces><force forcefield='les'></force></forces>
    <motion mode='dynamics'>
      <fixcom>False</fixcom>
      <dynamics mode='nve'><timestep>{timestep}</timestep></dynamics>
    </motion>
    <ensemble></ensemble>
  </system>
</simulation>
"""


def listed(array):
    return "[" + ", ".join(f"{value!r}" for value in np.asarray(array, dtype=float).ravel().tolist()) + "]"


def input_file(atoms, address):
    """All in atomic units by ASE's constants, so that nothing is converted twice."""
    electron = units._me / units._amu
    momenta = atoms.get_momenta() / (electron * units.Bohr / units.AUT)
    return INPUT.format(
        steps=STEPS,
        address=address,
        positions=listed(atoms.positions / units.Bohr),
        momenta=listed(momenta),
        masses=listed(atoms.get_masses() / electron),
        labels="[" + ", ".join(atoms.get_chemical_symbols()) + "]",
        cell=listed(atoms.cell[:].T / units.Bohr),
        timestep=repr(TIMESTEP_FS * units.fs / units.AUT),
    )


class Noting(SurfaceCalculator):
    """Keeps the energy of each call."""

    def __init__(self, surface):
        super().__init__(surface)
        self.wanted = Wanted(stress=True)
        self.energies = []

    def calculate(self, *arguments, **named):
        super().calculate(*arguments, **named)
        self.energies.append(self.results["energy"])


@pytest.fixture
def ipi():
    program = shutil.which("i-pi", path=str(Path(sys.executable).parent)) or shutil.which("i-pi")
    if program is None:
        pytest.skip("i-PI is not installed: pip install 'les_viz[ipi]'")
    return program


def wait_for(path, process):
    end = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, "i-PI ended"
        assert time.monotonic() < end, "i-PI does not listen"
        time.sleep(0.05)


def test_the_same_fifty_steps(ipi, tmp_path):
    model, atoms = model_of_kind("atomic"), random_atoms(1, pbc=True)
    settings = DynamicsSettings(
        timestep_fs=TIMESTEP_FS, steps=STEPS, temperature_K=300.0, closest_A=0.0, temperature_limit_K=1e8
    )
    driver = Driver(atoms, ModelSurface(model), settings)
    driver.prepare()
    atoms.set_momenta(driver.atoms.get_momenta())
    own = [frame.potential_energy for frame in driver.frames(every=1)]

    address = f"les_{uuid.uuid4().hex[:12]}"
    (tmp_path / "input.xml").write_text(input_file(atoms, address))
    atoms.calc = Noting(ModelSurface(model))
    with subprocess.Popen([ipi, "input.xml"], cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(Path(f"/tmp/ipi_{address}"), process)
            client = SocketClient(unixsocket=address)
            try:
                client.run(atoms, use_stress=True)
            finally:
                client.close()
            assert process.wait(120) == 0
        finally:
            process.kill()
    assert len(atoms.calc.energies) == STEPS + 1
    assert np.ptp(own) > 1e-3
    assert np.abs(np.array(atoms.calc.energies) - own).max() < 1e-8
