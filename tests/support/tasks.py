"""Tasks that tell of their progress, run to their end."""


def finished(task):
    """What a generator returns, and all that it yielded before."""
    said = []
    while True:
        try:
            said.append(next(task))
        except StopIteration as end:
            return end.value, said
