"""`app.py` with the samples that are really bundled."""

from streamlit.testing.v1 import AppTest


def test_the_app_opens_on_coloured_water_without_a_question(repository):
    app = AppTest.from_file(str(repository / "app.py"), default_timeout=180).run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Charges"
    assert app.selectbox(key="model_choice").value == "sample:water"
    assert app.selectbox(key="structure_choice").value.startswith("sample:water/")
    table = app.dataframe[0].value
    charges = table.groupby("element")["partial charge (e)"].mean()
    assert charges["O"] < -0.2
    assert charges["H"] > 0.1
    assert app.run().title[0].value == "Charges"
    assert not app.exception


def test_a_committee_has_at_first_only_models_trained_on_what_is_shown(open_bundled_page):
    for structure, members in {
        "water/water_64.extxyz": ["sample:water"],
        "charge-transfer/c10h2.extxyz": ["sample:charge-transfer", "sample:organic"],
    }.items():
        name = structure.partition("/")[0]
        page = open_bundled_page("models", {"structure": structure, "model": name, "tab": "Committee"})
        assert page.errors() == []
        assert sorted(page.app.multiselect[0].value) == members
        assert ("Charges" in page.metrics()) == (len(members) > 1)
    assert page.metrics()["Dipole"] == "0.000 e Å"  # of a symmetric molecule, by either model; rounding is no number
