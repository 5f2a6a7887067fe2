"""What do trajectories say: spectra, dielectric constant, transport?"""

from les_viz.ui import frame
from les_viz.ui.spectra import choice, script, view

bench = frame.open_page("Spectra", view.QUESTION, choice.LINKED)
chosen = choice.choose_runs()
bench.offer(script.spectra_script(chosen))
view.show_figure(chosen)
view.show_details(chosen)
choice.keep_up(chosen)
