"""
Where questions may go: what the address of an endpoint may say, and which machines may be behind it.

A model on this machine or in the same network is the normal case, so such addresses are fine unless the operator
forbids them. What hands out credentials to whoever asks, or is no machine at all, is never an endpoint.
"""

import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from corpus.errors import Refused

PORTS = {"http": 80, "https": 443}
METADATA_NAMES = {
    *("metadata", "metadata.google.internal", "metadata.goog"),
    *("instance-data", "instance-data.ec2.internal"),
}
METADATA = {
    # AWS over IPv6; Alibaba; Oracle; Azure. The usual one, 169.254.169.254, is link-local.
    *map(ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"))
}
NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
COMPATIBLE = IPv6Network("::/96")
THIS_NETWORK = ip_network("0.0.0.0/8")
Address = IPv4Address | IPv6Address


class ForbiddenEndpoint(Refused):
    """No question goes to this address."""


@dataclass(frozen=True)
class EndpointRules:
    """What the operator has set."""

    allowed: frozenset[str] = frozenset()
    "Origins that leads may name, and to which no rule about addresses applies."
    public_only: bool = False
    "Whether only addresses of the public internet will do."

    @classmethod
    def parse(cls, allowed: Collection[str], *, public_only: bool) -> "EndpointRules":
        """
        :raises Refused: if one of those allowed is no address of an endpoint
        """
        try:
            return cls(frozenset(origin_of(each) for each in allowed), public_only)
        except Refused as error:
            raise Refused(f"JURY_ENDPOINTS_ALLOWED: {error}") from error

    def check(self, base_url: str) -> None:
        """
        Judge an address by what it says; `check_address` judges what its name leads to.

        :raises ForbiddenEndpoint: if no question may go there
        """
        if (origin := origin_of(base_url)) in self.allowed:
            return
        host = urlsplit(origin).hostname or ""
        if host in METADATA_NAMES:
            raise ForbiddenEndpoint(f"{host} is a metadata service, and no endpoint of a model.")
        if self.public_only and (host == "localhost" or host.endswith(".localhost")):
            raise ForbiddenEndpoint(f"{host} is this machine, and JURY_ENDPOINTS_PUBLIC_ONLY is set.")
        if (address := literal(host)) is not None:
            self.check_address(address)

    def check_address(self, address: Address) -> None:
        """
        :raises ForbiddenEndpoint: if no question may go to that machine
        """
        if why := reason_against(unwrapped(address), public_only=self.public_only):
            raise ForbiddenEndpoint(f"{address} is {why}: no question goes there.")


def origin_of(base_url: str) -> str:
    """
    Give scheme, host and port, in the one way to write them.

    :raises ForbiddenEndpoint: if it is no plain http or https URL, or hides where it leads
    """
    parts = parts_of(base_url)
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ForbiddenEndpoint("An endpoint's address has no name or password in it; its key is in --api-key-env.")
    if parts.fragment or base_url.endswith("#"):
        raise ForbiddenEndpoint("An endpoint's address has no part behind a #.")
    host = (parts.hostname or "").removesuffix(".")
    address = literal(host)
    if address is None and ("[" in parts.netloc or not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", host)):
        raise ForbiddenEndpoint(f"{host!r} is no plain name of a host. Write one of other letters in its xn-- form.")
    if address is None and (meant := legacy(host)):
        raise ForbiddenEndpoint(f"{host} is another way to write {meant}. Write it as that.")
    named = f"[{address}]" if isinstance(address, IPv6Address) else str(address or host)
    return f"{parts.scheme}://{named}:{parts.port or PORTS[parts.scheme]}"


def parts_of(base_url: str) -> SplitResult:
    """
    :raises ForbiddenEndpoint: if it is no http or https URL
    """
    told = f"{base_url!r} is not the address of an endpoint, as https://host/v1."
    # Parsers differ over these characters, so that one would be judged and another be asked.
    if re.search(r"[\s\\\x00-\x1f\x7f]", base_url):
        raise ForbiddenEndpoint(told)
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError as error:
        raise ForbiddenEndpoint(told) from error
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise ForbiddenEndpoint(told)
    return parts


def literal(host: str) -> Address | None:
    """Read an address as it is commonly written; none with a zone, for it names a card of this machine."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def legacy(host: str) -> IPv4Address | None:
    """Read 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 as the C library does, which would take each for 127.0.0.1."""
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address within an IPv6 one that only carries it."""
    if isinstance(address, IPv4Address):
        return address
    if carried := address.ipv4_mapped or address.sixtofour:
        return carried
    if any(address in network for network in NAT64) or (address in COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else address


def reason_against(address: Address, *, public_only: bool) -> str:
    """Say what an address is that no question goes to; empty where one may."""
    if address in METADATA:
        return "a metadata service"
    if address.is_link_local or getattr(address, "is_site_local", False):
        return "link-local, where metadata services are"
    if address.is_unspecified or address in THIS_NETWORK:
        return "no machine's address"
    if address.is_multicast:
        return "the address of many machines"
    if isinstance(address, IPv4Address) and address.is_reserved:
        return "reserved or a broadcast"
    if public_only and not address.is_global:
        return "not of the public internet, and JURY_ENDPOINTS_PUBLIC_ONLY is set"
    return ""
