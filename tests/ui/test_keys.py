"""Keys of what lies on the bench, read back."""

import hashlib

from les_viz.ui.keys import sample_key, sample_name, upload_digest, upload_key


def test_bundled_things_are_known_by_name_and_uploads_by_content():
    upload = upload_key(b"content")
    assert sample_name(sample_key("water/water_64.extxyz")) == "water/water_64.extxyz"
    assert sample_name(upload) is None
    assert upload_digest(upload) == hashlib.sha256(b"content").hexdigest()[:16]
    assert upload_digest(sample_key("water")) == ""
    assert upload_digest(upload_key(b"other")) != upload_digest(upload)
