"""Sockets that connect only to addresses which the rules about endpoints allow, checked at the moment of connecting."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from jury.endpoints import EndpointRules, ForbiddenEndpoint, origin_of

SocketFactory = Callable[[Any], socket.socket]
"What aiohttp's connector makes its sockets with, from an entry of `getaddrinfo`."


class ForbiddenAddress(OSError):
    """A forbidden address; a network error, so that HTTP clients pass it on."""


def socket_factory(url: str, rules: EndpointRules) -> SocketFactory | None:
    """
    Return a socket factory for calls of a URL; None if the operator exempts its origin from all rules.

    :raises ForbiddenEndpoint: if nothing may be sent there
    """
    rules.check(url)
    is_exempt = bool(rules.allowed) and origin_of(url) in rules.allowed
    return None if is_exempt else guarded_sockets(rules)


def guarded_sockets(rules: EndpointRules) -> SocketFactory:
    """Return a socket factory that refuses addresses which the rules forbid."""

    def make_socket(found: Any) -> socket.socket:
        family, kind, protocol, _, address = found
        try:
            rules.check_address(ip_address(address[0].partition("%")[0]))
        except ForbiddenEndpoint as error:
            raise ForbiddenAddress(str(error)) from error
        return socket.socket(family, kind, protocol)

    return make_socket
