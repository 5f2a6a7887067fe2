"""What LES is, at work on the bench, and the samples to start from."""

from les_viz.ui import frame, home, snippet

bench = frame.open_page("les_viz", home.QUESTION)
shown = bench.predict("energy", "forces", "latent_charges")

if shown is not None:
    bench.offer(snippet.charges_script(shown))
    left, right = frame.viewer_and_instruments()
    with left:
        home.show_structure(shown)
    with right:
        home.show_idea(shown)
home.show_cards()
