"""How do the atoms move, and what does a field do to them?"""

from les_viz.ui import frame
from les_viz.ui.dynamics import plan, script, view

bench = frame.open_page("Dynamics", view.QUESTION, plan.LINKED)
shown = bench.predict("energy", "latent_charges")
run = view.open_run()

if run is not None or shown is not None:
    bench.offer(script.dynamics_script(bench, run))
    view.show_presets(is_compact=run is not None)
    left, right = frame.viewer_and_instruments()
    with left:
        view.show_structure(shown, run)
        view.show_controls(bench, run)
    with right:
        view.show_plots(run)
    view.show_details(bench, run)
