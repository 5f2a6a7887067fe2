"""`les-viz convert`: a published checkpoint becomes a native model, without executing anything in it."""

from argparse import Namespace

from les_viz.models.loading import convert


def run(options: Namespace) -> None:
    """Convert one file and say where the result is.

    Args:
        options: source, target.

    Raises:
        ModelError: the source is no model that is supported.
        SettingError: the target cannot be written.
    """
    print(f"wrote {convert(options.source, options.target)}")
