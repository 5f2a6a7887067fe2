"""The menu of the app: `streamlit run app.py`, or `les-viz`. Pages are complete alone; this file only lists them."""

import streamlit as st

from les_viz.ui import links

links.arrive()  # whoever clicks in the menu before a page was drawn takes the address of another page along
# The default page answers at `/` only; the same page under its own name keeps links alive. The menu shows, and marks as
# open, the one that the address names.
is_named = (st.context.url or "").partition("?")[0].endswith("/charges")
at_name, at_root = ("visible", "hidden") if is_named else ("hidden", "visible")

st.navigation(
    [
        st.Page("pages/home.py", title="About and samples"),
        st.Page("pages/charges.py", title="Charges", url_path="", default=True, visibility=at_root),
        st.Page("pages/charges.py", title="Charges", url_path="charges", visibility=at_name),
        st.Page("pages/response.py", title="Response"),
        st.Page("pages/potential.py", title="Potential"),
        st.Page("pages/dynamics.py", title="Dynamics"),
        st.Page("pages/spectra.py", title="Spectra"),
        st.Page("pages/models.py", title="Models"),
    ]
).run()
