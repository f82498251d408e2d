"""Numbers for the log: enough to find one again, too little to call it."""

_SHOWN = 3
_HIDDEN = "*****"


def shorten(number: str) -> str:
    """A number as logs show it: `+33*****678`."""
    if len(number) < 3 * _SHOWN:
        return _HIDDEN
    return number[:_SHOWN] + _HIDDEN + number[-_SHOWN:]
