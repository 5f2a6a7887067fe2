"""Whose runs are whose, on a server that browsers of other machines may call."""

import hashlib
import os
from collections.abc import Collection

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from les_viz.hosting import VISITOR_COOKIE, names_behind_a_proxy
from les_viz.runs.catalog import RunEntry, list_runs


def visitor() -> str:
    """A name for the browser that looks at the page; empty on a server for its own machine, where all is one person's.

    A hash, because it is kept with the runs, and whoever knows the cookie is the visitor. A browser that keeps no
    cookies is a new visitor with each window.
    """
    if not names_behind_a_proxy(os.environ):
        return ""
    context = get_script_run_ctx()
    secret = st.context.cookies.get(VISITOR_COOKIE) or (context.session_id if context else "")
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def own_runs(*, named: Collection[str] = ()) -> list[RunEntry]:
    """The visitor's runs, newest first; on a server for its own machine all that there are.

    Args:
        named: runs of others that a link names, to be looked at as well.
    """
    name = visitor()
    return [entry for entry in list_runs() if not name or entry.owner == name or entry.name in named]
