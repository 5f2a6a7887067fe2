"""The menu of the app: `streamlit run app.py`, or `les-viz`. Pages are complete alone; this file only lists them."""

import streamlit as st

st.navigation(
    [
        st.Page("pages/home.py", title="About and samples"),
        st.Page("pages/charges.py", title="Charges", url_path="", default=True),
        # The default page answers at `/` only; the same page under its own name keeps links alive.
        st.Page("pages/charges.py", title="Charges", url_path="charges", visibility="hidden"),
        st.Page("pages/response.py", title="Response"),
        st.Page("pages/potential.py", title="Potential"),
        st.Page("pages/dynamics.py", title="Dynamics"),
        st.Page("pages/spectra.py", title="Spectra"),
        st.Page("pages/models.py", title="Models"),
    ]
).run()
