"""The only Streamlit code of the package: frame, session, controls, cache and the viewer's mount."""
