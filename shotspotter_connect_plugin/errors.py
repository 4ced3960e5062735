"""Errors that carry one sentence for the user and one for the log."""


class ConnectError(Exception):
    """Something the user can mend.

    Parameters
    ----------
    user : str
        One plain sentence that says what is wrong and what to do.
    log : str, optional
        What a developer wants to know; never shown in a dialog.
    """

    def __init__(self, user, log=""):
        super().__init__(user)
        self.user = user
        self.log = log


class Cancelled(ConnectError):
    """The user stopped the work; nothing was changed."""

    def __init__(self):
        super().__init__("Stopped before it was finished. Nothing was changed.")
