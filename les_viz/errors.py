"""Errors that a user can act on.

    LesVizError
    ├── StructureError      a structure file or its content cannot be used
    ├── ModelError          a model file or its content cannot be used
    │   └── UnknownElementError   the structure holds elements that the model does not know
    ├── BoundaryError       the periodicity asked for is ambiguous or not supported
    └── SettingError        an argument, option or configuration value is wrong

Each message says what was expected, what came and what to do. The command line prints it as one line, the app as one
sentence.
"""


class LesVizError(ValueError):
    """Base of all errors that are about the user's input."""


class StructureError(LesVizError):
    """A structure file or its content cannot be used."""


class ModelError(LesVizError):
    """A model file or its content cannot be used."""


class UnknownElementError(ModelError):
    """The structure holds elements that the model does not know."""


class BoundaryError(LesVizError):
    """The periodicity asked for is ambiguous or not supported."""


class SettingError(LesVizError):
    """An argument, option or configuration value is wrong."""
