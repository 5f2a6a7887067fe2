"""The sandboxed process that turns a published checkpoint into a model file of ours."""

from collections.abc import Sequence

from les_viz.errors import ModelError
from les_viz.models.native import write_native
from les_viz.models.published import read_published
from les_viz.sandbox import child_main


def converted(content: bytes, arguments: Sequence[str]) -> bytes:
    """Bytes of a native model file.

    Args:
        content: the checkpoint.
        arguments: the name of its file, for messages and the provenance.

    Raises:
        ModelError: names the file.
    """
    (name,) = arguments
    try:
        return write_native(*read_published(name, content))
    except ModelError as caught:
        raise ModelError(f"{name}: {caught}") from None


if __name__ == "__main__":
    child_main(converted)
