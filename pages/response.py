"""How do the charges answer to a displacement and to a field?"""

from les_viz.ui import frame, snippet
from les_viz.ui.response import overview, tabs

bench = frame.open_page("Response", overview.QUESTION)
shown = bench.predict("energy", "dipole", "born_effective_charges")

if shown is not None:
    bench.offer(snippet.response_script(shown))
    left, right = frame.viewer_and_instruments()
    with left:
        overview.show_structure(shown)
    with right:
        overview.show_numbers(shown)
        overview.show_settings(shown)
        overview.show_tensor(shown)
        bench.warn(shown)
    tabs.show_details(shown)
