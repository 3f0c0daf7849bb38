"""Why a connection to a store broke, in words of our own instead of a library's."""

import errno
import socket
import ssl
from collections.abc import Iterator

UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}


def why_broken(error: BaseException) -> str:
    """
    Return why a connection broke, from the first error of the operating system or of TLS behind a library's error.

    Where there is none, the name of the library's error tells a silence from an end.
    """
    chain = list(causes_of(error))
    for each in chain:
        if words := words_of(each):
            return words
    if any("timeout" in type(each).__name__.lower() for each in chain):
        return "it did not answer in time"
    return "it ended the connection in the middle"


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it, the outermost first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def words_of(error: BaseException) -> str:
    """Return what an error of the operating system or of TLS means; empty for any other."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS, or no version that both sides know"
    if isinstance(error, socket.gaierror):
        return "its name is not known to this machine, or the machine is offline"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens at its address"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and error.errno in UNREACHABLE:
        return "no network leads to its address"
    return ""
