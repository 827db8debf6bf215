"""The one error that is the user's to mend."""


class InputError(Exception):
    """Something outside the program is wrong: a value, a file, a server.

    The message is one line: what is wrong, what was expected, what to do. Commands print
    it without a traceback and exit with status 2.
    """
