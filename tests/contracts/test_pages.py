"""Pages are thin: open, controls, call, show."""

import ast

FORBIDDEN = {"torch", "numpy", "plotly", "ase", "scipy"}


def imported_roots(tree: ast.Module) -> set[str]:
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            roots.add((node.module or "").partition(".")[0])
    return roots


def test_pages_are_thin(repository):
    pages = sorted((repository / "pages").glob("*.py"))
    assert pages
    for page in pages:
        source = page.read_text(encoding="utf-8")
        tree = ast.parse(source)
        assert len(source.splitlines()) <= 50, page
        assert not imported_roots(tree) & FORBIDDEN, page
        assert not [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        ], page


def test_app_only_lists_pages(repository):
    source = (repository / "app.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) < 25
    assert "st.navigation" in source
