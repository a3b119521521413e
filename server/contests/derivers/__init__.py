"""Makers of copies without metadata, one module a family of formats; they run in a child process with limits."""


class Underivable(Exception):
    """No copy can be made; the only argument is a reason code of server.contests.derive.CannotDerive."""
