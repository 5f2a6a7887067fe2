"""What is inside the model on the bench, and how does it differ from another?"""

from les_viz.ui import frame, snippet
from les_viz.ui.model_page import view

bench = frame.open_page("Models", view.QUESTION)
shown = bench.predict("energy", "forces", "latent_charges", "dipole")

if shown is not None:
    bench.offer(snippet.model_script(shown))
    left, right = frame.viewer_and_instruments()
    with left:
        view.show_structure(shown)
    with right:
        view.show_model(shown.model)
    view.show_details(shown)
