"""
Rules about the endpoints that requests may go to: which URLs, and which machines behind them.

A model on this machine or in the same network is the normal case, so such addresses are allowed unless the operator
forbids them. A service that hands out credentials, or an address that is no single machine, is never an endpoint.
"""

import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from corpus.errors import Refused

PORTS = {"http": 80, "https": 443}
CALLED = "/chat/completions"
OTHER_APIS = (
    "/api/chat",
    "/api/generate",
    "/chat",
    "/completions",
    "/embeddings",
    "/messages",
    "/models",
    "/responses",
)
METADATA_NAMES = {
    *("metadata", "metadata.google.internal", "metadata.goog"),
    *("instance-data", "instance-data.ec2.internal"),
}
METADATA = (
    # Alibaba; Oracle; Azure. The usual one, 169.254.169.254, is link-local.
    *map(ip_network, ("100.100.100.200", "192.0.0.192", "168.63.129.16")),
    # IPv6: AWS, with its Pod Identity; Google; Oracle; Scaleway.
    *map(ip_network, ("fd00:ec2::/32", "fd20:ce::/32", "fd00:c1::a9fe:a9fe", "fd00:42::42")),
)
LOW_32_BITS = (
    *map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")),  # NAT64: RFC 6052 and RFC 8215
    IPv6Network("::ffff:0:0:0/96"),  # SIIT: RFC 2765, section 2.1
)
"IPv6 networks whose addresses end in an IPv4 address."
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
"Its prefixes may be shorter than 96 bits, and carry the IPv4 address further ahead."
ISATAP = {0x00005EFE, 0x02005EFE}
"What stands before an IPv4 address at the end of an IPv6 address: RFC 5214, section 6.1."
COMPATIBLE = IPv6Network("::/96")
"IPv4-compatible IPv6 addresses: RFC 4291, section 2.5.5.1."
THIS_NETWORK = ip_network("0.0.0.0/8")
NOT_PUBLIC = "not of the public internet"
Address = IPv4Address | IPv6Address


class ForbiddenEndpoint(Refused):
    """No request may be sent to this address."""


class NotAnAddress(ForbiddenEndpoint):
    """A text is not an http or https URL with a host."""


@dataclass(frozen=True)
class EndpointRules:
    """The operator's rules about endpoints."""

    allowed: frozenset[str] = frozenset()
    "Origins that leads may use without an admin, exempt from every rule about addresses."
    public_only: bool = False
    "Allow only addresses of the public internet."
    setting: str = "JURY_ENDPOINTS"
    "How the names of the settings begin that these rules are from."

    @classmethod
    def parse(cls, allowed: Collection[str], *, public_only: bool, setting: str = "JURY_ENDPOINTS") -> "EndpointRules":
        """
        Return the rules for a list of allowed URLs; only their origins matter.

        :raises Refused: if one of the URLs is not the address of an endpoint
        """
        try:
            return cls(frozenset(origin_of(url) for url in allowed), public_only, setting)
        except Refused as error:
            raise Refused(f"{setting}_ALLOWED: {error}") from error

    def check(self, base_url: str) -> None:
        """
        Check a URL as written. `check_address` checks the machine that its host name resolves to.

        :raises ForbiddenEndpoint: if no request may be sent there
        """
        if (origin := origin_of(base_url)) in self.allowed:
            return
        host = urlsplit(origin).hostname or ""
        if host in METADATA_NAMES:
            raise ForbiddenEndpoint(f"{host} is a metadata service, and nothing is sent there.")
        if self.public_only and (host == "localhost" or host.endswith(".localhost")):
            raise ForbiddenEndpoint(f"{host} is this machine, and {self.setting}_PUBLIC_ONLY is set.")
        if (address := parse_address(host)) is not None:
            self.check_address(address)

    def check_address(self, address: Address) -> None:
        """
        Check the IP address of a machine.

        :raises ForbiddenEndpoint: if no request may be sent there
        """
        for each in (embedded_ipv4(address), *nat64_addresses(address)):
            if kind := forbidden_kind(each, public_only=self.public_only):
                kind += f", and {self.setting}_PUBLIC_ONLY is set" if kind == NOT_PUBLIC else ""
                raise ForbiddenEndpoint(f"{address} is {kind}: no question goes there.")


def origin_of(base_url: str) -> str:
    """
    Return scheme, host and port of a URL in canonical spelling, for example `https://models.example:443`.

    :raises ForbiddenEndpoint: if it is not a plain http or https URL, or its host is spelled in a misleading way
    """
    parts = split_url(base_url)
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ForbiddenEndpoint("An endpoint's address has no name or password in it; its key is in --api-key-env.")
    if parts.fragment or base_url.endswith("#"):
        raise ForbiddenEndpoint("An endpoint's address has no part after a #.")
    host = (parts.hostname or "").removesuffix(".")
    address = parse_address(host)
    if address is None:
        check_host_name(host, parts.netloc)
    canonical = f"[{address}]" if isinstance(address, IPv6Address) else str(address or host)
    return f"{parts.scheme}://{canonical}:{parts.port or PORTS[parts.scheme]}"


def base_url_of(typed: str) -> str:
    """
    Return the base URL of an endpoint, without `/chat/completions` and slashes at its end.

    :raises ForbiddenEndpoint: if it has a query, or is the address of another API
    """
    base_url = typed.strip().rstrip("/")
    if split_url(base_url).query or base_url.endswith("?"):
        raise ForbiddenEndpoint(
            "An endpoint's address has no part after a ?: it would get lost when /chat/completions is appended."
        )
    base_url = base_url.removesuffix(CALLED).rstrip("/")
    path = urlsplit(base_url).path.lower()
    if other := next((each for each in OTHER_APIS if path.endswith(each)), ""):
        base = base_url[: -len(other)].rstrip("/")
        raise ForbiddenEndpoint(
            f"{other} is not what the jury calls. Write {base or 'https://host/v1'}: it calls {CALLED}."
        )
    return base_url


def check_host_name(host: str, netloc: str) -> None:
    """
    Check that a host which is no IP address is a plain name.

    :raises ForbiddenEndpoint: if it has other characters, or is an old way to write an IPv4 address
    """
    if "[" in netloc or not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", host):
        raise ForbiddenEndpoint(f"{host!r} is not a plain host name. Write other letters in the xn-- form.")
    if address := parse_legacy_ipv4(host):
        raise ForbiddenEndpoint(f"{host} is another way to write {address}. Write {address}.")


def split_url(base_url: str) -> SplitResult:
    """
    Split a URL into its parts.

    :raises ForbiddenEndpoint: if it is not an http or https URL with a host
    """
    reason = f"{base_url!r} is not the address of an endpoint, such as https://host/v1."
    # Parsers disagree about these characters: one would be checked and another be contacted.
    if re.search(r"[\s\\\x00-\x1f\x7f]", base_url):
        raise NotAnAddress(reason)
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError as error:
        raise NotAnAddress(reason) from error
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise NotAnAddress(reason)
    return parts


def parse_address(host: str) -> Address | None:
    """Return the IP address that a host is; None for a name, and for an address with an IPv6 zone."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def parse_legacy_ipv4(host: str) -> IPv4Address | None:
    """Return the address of an old spelling, as the C library reads it: 2130706433, 0x7f.1 or 127.1 is 127.0.0.1."""
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def embedded_ipv4(address: Address) -> Address:
    """Return the IPv4 address in an IPv6 address (mapped, 6to4, NAT64, SIIT, ISATAP, Teredo), else the address."""
    if isinstance(address, IPv4Address):
        return address
    if carried := address.ipv4_mapped or address.sixtofour:
        return carried
    is_isatap = int(address) >> 32 & 0xFFFFFFFF in ISATAP
    is_carrier = is_isatap or any(address in network for network in LOW_32_BITS)
    if is_carrier or (address in COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else address


def nat64_addresses(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that a local NAT64 address may carry, by the length of its prefix: RFC 6052, 2.2."""
    if not isinstance(address, IPv6Address) or address not in LOCAL_NAT64:
        return []
    octets = address.packed
    positions = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12))  # prefixes of 48, 56 and 64 bits; octet 8 is 0
    found = [IPv4Address(bytes(octets[at] for at in each)) for each in positions]
    return [each for each in found if each not in THIS_NETWORK]


def forbidden_kind(address: Address, *, public_only: bool) -> str:
    """Return what kind of forbidden address it is, in words; empty if requests may be sent there."""
    if any(address in network for network in METADATA):
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
        return NOT_PUBLIC
    return ""
