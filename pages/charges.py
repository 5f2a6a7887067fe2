"""Which charge does the model give each atom, and what does their Coulomb energy amount to?"""

from les_viz.ui import charges, frame, snippet

bench = frame.open_page("Charges", charges.QUESTION)
shown = charges.predict(bench)

if shown is not None:
    bench.offer(snippet.charges_script(shown))
    left, right = frame.viewer_and_instruments()
    with left:
        charges.show_structure(shown)
    with right:
        charges.show_numbers(shown)
        charges.show_histogram(shown)
        bench.warn(shown)
    charges.show_details(shown)
