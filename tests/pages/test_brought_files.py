"""What visitors bring, and where it takes them: files that come back, and the way out of what cannot be shown."""

import io

from ase import Atoms
from ase.io import write

from les_viz.ui import charges


def test_the_way_back_leads_from_a_page_that_has_shown_nothing_yet(page, open_page):
    salt = Atoms("NaCl", [[0, 0, 0], [2.8, 0, 0]], cell=[6, 6, 6], pbc=True)
    text = io.StringIO()
    write(text, salt, format="extxyz")
    page.upload("structure", "salt.xyz", text.getvalue().encode())
    response = open_page("response")
    response.app.session_state["les_viz_session"] = page.app.session_state["les_viz_session"]
    response.app.run()
    assert len(response.errors()) == 1
    response.app.button(key="back_to_shown").click().run()
    assert response.errors() == []
    assert "Dipole per cell" in response.metrics()


def test_a_downloaded_structure_with_charges_brings_them_back(page):
    shown = page.app.session_state["les_viz_session"].shown
    page.upload("structure", "charges.extxyz", charges.extxyz_of(shown))
    page.open_tab("charges_tabs", "Beside other charges")
    assert page.errors() == []
    assert page.app.button_group(key="beside_charges 0").options == ["in the file: partial_charges", "formal charges"]
    assert page.metrics()["RMS difference"] == "0.000 e"
    assert page.metrics()["Slope through the origin"] == "+1.000"
