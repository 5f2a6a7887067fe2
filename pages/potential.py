"""Which electrostatic potential do the latent charges make?"""

from les_viz.ui import frame, snippet
from les_viz.ui.potential import view

bench = frame.open_page("Potential", view.QUESTION)
shown = bench.predict("energy", "latent_charges")

if shown is not None and view.has_charges(shown):
    bench.offer(snippet.potential_script(shown))
    left, right = frame.viewer_and_instruments()
    with left:
        view.show_structure(shown)
    with right:
        view.show_numbers(shown)
        view.show_plane(shown)
        bench.warn(shown)
    view.show_details(shown)
