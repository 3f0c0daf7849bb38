"""Which addresses a push may send to, asked for every request, also where redirects and upload links lead."""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from jury.endpoints import EndpointRules, ForbiddenEndpoint, origin_of


def push_rules() -> EndpointRules:
    """
    Return the operator's rules about the addresses that releases are pushed to, from the settings.

    :raises Refused: if an allowed origin in the settings is no address
    """
    return EndpointRules.parse(
        settings.PUSH_ENDPOINTS_ALLOWED, public_only=settings.PUSH_ENDPOINTS_PUBLIC_ONLY, setting="PUSH_ENDPOINTS"
    )


def check_url(url: str, rules: EndpointRules) -> None:
    """
    Check a URL as written, and every machine that its host name stands for.

    :raises ForbiddenEndpoint: if nothing may be sent there
    """
    try:
        check_machines(url, rules)
    except ForbiddenEndpoint as error:
        reason = str(error).replace("no question goes there", "no release goes there")
        raise ForbiddenEndpoint(f"{reason} If it is yours, name it in PUSH_ENDPOINTS_ALLOWED.") from error


def check_machines(url: str, rules: EndpointRules) -> None:
    """
    Check a URL as `check_url` does, with the rules' own words.

    :raises ForbiddenEndpoint: if nothing may be sent there
    """
    rules.check(url)
    if origin_of(url) in rules.allowed:
        return
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        return  # whoever connects will say so; or a proxy knows the name
    for _family, _kind, _protocol, _name, address in found:
        rules.check_address(ip_address(str(address[0]).partition("%")[0]))
