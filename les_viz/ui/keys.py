"""What structures and models on the bench are known by: bundled ones by name, uploads by what is in them."""

import hashlib

_SAMPLE, _UPLOAD = "sample:", "upload:"
_DIGITS = 16


def sample_key(name: str) -> str:
    """Key of something bundled."""
    return _SAMPLE + name


def upload_key(data: bytes) -> str:
    """Key of an upload; the same content has the same key, whatever it is called."""
    return _UPLOAD + hashlib.sha256(data).hexdigest()


def upload_digest(key: str) -> str:
    """What tells an upload from others, fit for the name of a file; empty if the key is of anything else."""
    return key.removeprefix(_UPLOAD)[:_DIGITS] if key.startswith(_UPLOAD) else ""


def sample_name(key: str) -> str | None:
    """Name of something bundled; None if the key is of anything else."""
    return key.removeprefix(_SAMPLE) if key.startswith(_SAMPLE) else None
