"""Modules without the type checker that guards them under test, to see their own refusals of wrong arguments."""

import importlib.util
import sys
from types import ModuleType


def unchecked(name: str) -> ModuleType:
    """A second copy of a module, loaded past jaxtyping's import hook."""
    path = importlib.util.find_spec(name).origin
    spec = importlib.util.spec_from_file_location(f"{name}__unchecked", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
