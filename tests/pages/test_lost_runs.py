"""A page that is asked for again while it is being drawn: widgets show what holds, not their first option.

Streamlit drops what a run of the page has not sent yet when the next one begins, and does not send it again.
"""

import pytest
from streamlit.testing.v1.element_tree import ElementTree

EVERYWHERE = {"structure": "water/liquid.extxyz", "frame": "1"}
CHANGED = {
    "charges": {"tab": "Charge against environment", "against": "bonded neighbours", "color": "force", "range": "2.5"},
    "response": {"tab": "Molecules", "definition": "wrapped", "sign": "-1", "epsilon": "4", "tensors": "all atoms"},
    "potential": {"plane": "c", "position": "0.25", "surfaces": "middle", "field": "in the plane"},
}


def shown_by_a_new_widget(element):
    """What a widget shows to a browser that sees it for the first time."""
    proto = element.proto
    match type(element).__name__:
        case "Selectbox":
            return proto.raw_value if proto.set_value else proto.options[proto.default]
        case "ButtonGroup":
            chosen = proto.raw_values if proto.set_value else [proto.options[index].content for index in proto.default]
            return list(chosen)
        case "Slider":
            return list(proto.value if proto.set_value else proto.default)
        case _:
            return proto.value if proto.set_value else proto.default


def widgets(app):
    found = (*app.selectbox, *app.slider, *app.number_input, *app.toggle, *app.button_group)
    return {element.key: element for element in found}


@pytest.mark.parametrize("name", list(CHANGED))
def test_widgets_show_what_holds_though_the_run_that_gave_it_was_lost(open_page, name):
    page = open_page(name, EVERYWHERE | CHANGED[name])
    assert page.errors() == []
    before = {key: shown_by_a_new_widget(element) for key, element in widgets(page.app).items()}
    page.app._tree = ElementTree()
    page.app._tree._runner = page.app
    page.app.run()
    assert page.errors() == []
    assert {key: shown_by_a_new_widget(element) for key, element in widgets(page.app).items()} == before
    assert len(before) > 4
