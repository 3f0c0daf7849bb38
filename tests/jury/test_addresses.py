"""Addresses of endpoints: spellings, ports, IPv4 inside IPv6, and what each refusal says."""

from ipaddress import ip_address

import pytest

from corpus.errors import Refused
from jury.endpoints import (
    EndpointRules,
    ForbiddenEndpoint,
    embedded_ipv4,
    forbidden_kind,
    origin_of,
    parse_address,
    parse_legacy_ipv4,
)
from jury.queries import same_origin
from tests.cases import cases

OPEN, PUBLIC = EndpointRules(), EndpointRules(public_only=True)


@cases(("url", "origin"), [
    ("http://models.example", "http://models.example:80"),
    ("http://models.example/", "http://models.example:80"),
    ("http://models.example:80/v1", "http://models.example:80"),
    ("http://models.example:/v1", "http://models.example:80"),
    ("https://models.example/v1", "https://models.example:443"),
    ("https://models.example:80/v1", "https://models.example:80"),
    ("HTTPS://MODELS.EXAMPLE:443/V1", "https://models.example:443"),
    ("https://models.example./v1", "https://models.example:443"),
    ("https://models.example/v1?key=1", "https://models.example:443"),
    ("https://models.example:00443/v1", "https://models.example:443"),
    ("http://x:1/v1", "http://x:1"),
    ("http://x:65535/v1", "http://x:65535"),
    ("http://1.2.3.4:8000", "http://1.2.3.4:8000"),
    ("http://1.2.3.4./v1", "http://1.2.3.4:80"),
    ("http://[2001:DB8::1]:8000", "http://[2001:db8::1]:8000"),
    ("http://[2001:db8:0:0:0:0:0:1]", "http://[2001:db8::1]:80"),
    ("http://xn--mdel-5qa.example/v1", "http://xn--mdel-5qa.example:80"),
    ("http://a_b.example/v1", "http://a_b.example:80"),
    ("http://a--b.example/v1", "http://a--b.example:80"),
    ("http://123.example/v1", "http://123.example:80"),
])  # fmt: skip
def test_origin_is_scheme_host_and_port_in_one_spelling(url, origin):
    assert origin_of(url) == origin
    assert origin_of(f"{origin}/v1") == origin


@cases(("url", "reason"), [
    ("http://a:b@models.example/v1", "no name or password"),
    ("http://a@models.example/v1", "no name or password"),
    ("http://:b@models.example/v1", "no name or password"),
    ("http://:@models.example/v1", "no name or password"),
    ("http://a%40b@models.example/v1", "no name or password"),
    ("http://models.example@169.254.169.254/v1", "no name or password"),
    ("http://a@b@models.example/v1", "no name or password"),
    ("http://models.example/v1#part", "no part after a #"),
    ("http://models.example/v1#", "no part after a #"),
    ("http://models.example#@other.example/v1", "no part after a #"),
    ("http://models.example:0/v1", "not the address of an endpoint"),
    ("http://models.example:65536/v1", "not the address of an endpoint"),
    ("http://models.example:-1/v1", "not the address of an endpoint"),
    ("http://models.example:8o/v1", "not the address of an endpoint"),
    ("http://models.example:80:80/v1", "not the address of an endpoint"),
    ("http://models.example/a b", "not the address of an endpoint"),
    ("http://models.example/\tv1", "not the address of an endpoint"),
    ("http://models.example\x00.other/v1", "not the address of an endpoint"),
    ("http://models.example/v1\x7f", "not the address of an endpoint"),
    ("http://models.example\\.other/v1", "not the address of an endpoint"),
    ("http://models\u2003.example/v1", "not the address of an endpoint"),
    ("http:models.example/v1", "not the address of an endpoint"),
    ("http:/models.example/v1", "not the address of an endpoint"),
    ("unix:///run/model.sock", "not the address of an endpoint"),
    ("ws://models.example/v1", "not the address of an endpoint"),
    ("models.example:8000/v1", "not the address of an endpoint"),
    ("http://[::1/v1", "not the address of an endpoint"),
    ("http://::1/v1", "not the address of an endpoint"),
    ("http://.models.example/v1", "not a plain host name"),
    ("http://models.example../v1", "not a plain host name"),
    ("http://-models.example/v1", "not a plain host name"),
    ("http://models.example-/v1", "not a plain host name"),
    ("http://mod*els.example/v1", "not a plain host name"),
    ("http://models%2eexample/v1", "not a plain host name"),
    ("http://mod\u0131ls.example/v1", "not a plain host name"),
    ("http://[fe80::1%25eth0]/v1", "not a plain host name"),
])  # fmt: skip
def test_address_that_is_none_is_refused_with_its_reason(url, reason):
    with pytest.raises(ForbiddenEndpoint, match=reason):
        origin_of(url)


@cases(("host", "address"), [
    ("2130706433", "127.0.0.1"),
    ("127.1", "127.0.0.1"),
    ("127.0.1", "127.0.0.1"),
    ("0177.0.0.1", "127.0.0.1"),
    ("0x7f000001", "127.0.0.1"),
    ("0x7f.0.0.0x1", "127.0.0.1"),
    ("10.1", "10.0.0.1"),
    ("8.8.2056", "8.8.8.8"),
    ("010.0.0.1", "8.0.0.1"),
])  # fmt: skip
def test_old_spelling_is_refused_and_the_plain_one_named(host, address):
    assert str(parse_legacy_ipv4(host)) == address
    with pytest.raises(ForbiddenEndpoint, match=f"another way to write {address}. Write {address}"):
        OPEN.check(f"http://{host}/v1")


@cases("host", ["models.example", "1.2.3.4.5", "256.1.1.1", "x7f.1", "localhost", "", "1e9"])
def test_names_are_no_old_spelling(host):
    assert parse_legacy_ipv4(host) is None


@cases(("host", "is_address"), [
    ("1.2.3.4", True),
    ("::1", True),
    ("::ffff:1.2.3.4", True),
    ("fe80::1%eth0", False),
    ("1.2.3", False),
    ("01.2.3.4", False),
    ("1.2.3.4 ", False),
    ("localhost", False),
    ("", False),
])  # fmt: skip
def test_only_a_plain_address_without_a_zone_is_one(host, is_address):
    assert (parse_address(host) is not None) is is_address


@cases(("address", "carried"), [
    ("10.1.2.3", "10.1.2.3"),
    ("::ffff:10.1.2.3", "10.1.2.3"),
    ("::ffff:0:10.1.2.3", "10.1.2.3"),
    ("2002:0a01:0203::1", "10.1.2.3"),
    ("2002:0a01:0203:ffff:ffff::", "10.1.2.3"),
    ("2003:0a01:0203::1", "2003:a01:203::1"),
    ("64:ff9b::10.1.2.3", "10.1.2.3"),
    ("64:ff9b::1:0:0", "64:ff9b::1:0:0"),
    ("64:ff9b:1::10.1.2.3", "10.1.2.3"),
    ("64:ff9b:1:ffff::10.1.2.3", "10.1.2.3"),
    ("64:ff9b:2::10.1.2.3", "64:ff9b:2::a01:203"),
    ("::10.1.2.3", "10.1.2.3"),
    ("::2", "0.0.0.2"),
    ("::1", "::1"),
    ("::", "::"),
    ("2001:0:53aa:64c:0:0:f5fe:fdfc", "10.1.2.3"),
    ("2606:4700::1111", "2606:4700::1111"),
    ("fd00::10.1.2.3", "fd00::a01:203"),
])  # fmt: skip
def test_ipv4_address_inside_ipv6_is_read_out(address, carried):
    assert embedded_ipv4(ip_address(address)) == ip_address(carried)


@cases(("address", "kind"), [
    ("169.254.169.254", "link-local, where metadata services are"),
    ("169.254.0.0", "link-local, where metadata services are"),
    ("169.254.255.255", "link-local, where metadata services are"),
    ("fe80::", "link-local, where metadata services are"),
    ("febf:ffff::1", "link-local, where metadata services are"),
    ("fec0::1", "link-local, where metadata services are"),
    ("100.100.100.200", "a metadata service"),
    ("192.0.0.192", "a metadata service"),
    ("168.63.129.16", "a metadata service"),
    ("fd00:ec2::254", "a metadata service"),
    ("0.0.0.0", "no machine's address"),  # noqa: S104 - never bound
    ("0.255.255.255", "no machine's address"),
    ("::", "no machine's address"),
    ("224.0.0.0", "the address of many machines"),
    ("239.255.255.255", "the address of many machines"),
    ("ff00::1", "the address of many machines"),
    ("240.0.0.0", "reserved or a broadcast"),
    ("255.255.255.255", "reserved or a broadcast"),
])  # fmt: skip
@cases("public_only", [False, True])
def test_kind_of_a_forbidden_address_is_named(address, kind, public_only):
    assert forbidden_kind(ip_address(address), public_only=public_only) == kind


@cases("address", [
    "169.253.255.255", "169.255.0.0", "100.100.100.199", "100.100.100.201", "192.0.0.191", "168.63.129.15",
    "1.0.0.0", "223.255.255.255", "fd00:ec1:ffff::1", "fd00:ec3::1", "fd20:cf::1", "8.8.8.8", "127.0.0.1", "10.0.0.1",
    "::1", "2606:4700::1111",
])  # fmt: skip
def test_neighbours_of_forbidden_addresses_are_allowed(address):
    assert forbidden_kind(ip_address(address), public_only=False) == ""


@cases(("address", "is_public"), [
    ("8.8.8.8", True),
    ("9.255.255.255", True),
    ("10.0.0.0", False),
    ("10.255.255.255", False),
    ("11.0.0.0", True),
    ("100.63.255.255", True),
    ("100.64.0.0", False),
    ("100.127.255.255", False),
    ("100.128.0.0", True),
    ("126.255.255.255", True),
    ("127.0.0.0", False),
    ("127.255.255.255", False),
    ("128.0.0.0", True),
    ("172.15.255.255", True),
    ("172.16.0.0", False),
    ("172.31.255.255", False),
    ("172.32.0.0", True),
    ("192.0.2.1", False),
    ("192.167.255.255", True),
    ("192.168.0.0", False),
    ("192.169.0.0", True),
    ("198.18.0.1", False),
    ("203.0.113.1", False),
    ("::1", False),
    ("fc00::1", False),
    ("fdff::1", False),
    ("2001:db8::1", False),
    ("2606:4700::1111", True),
    ("2a00:1450::1", True),
])  # fmt: skip
def test_public_addresses_end_where_private_ranges_begin(address, is_public):
    expected = "" if is_public else "not of the public internet"
    assert forbidden_kind(ip_address(address), public_only=True) == expected


@cases("address", [
    "::ffff:10.1.2.3", "::10.1.2.3", "64:ff9b::10.1.2.3", "64:ff9b:1::10.1.2.3", "2002:0a01:0203::1",
    "2001:0:53aa:64c:0:0:f5fe:fdfc",
])  # fmt: skip
def test_private_machine_carried_in_ipv6_is_not_public(address):
    OPEN.check(f"http://[{address}]:8000/v1")
    with pytest.raises(ForbiddenEndpoint, match="not of the public internet"):
        PUBLIC.check(f"http://[{address}]:8000/v1")


@cases("address", ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::1"])
def test_public_machine_carried_in_ipv6_is_public(address):
    PUBLIC.check(f"http://[{address}]/v1")


@cases("host", [
    "metadata", "METADATA", "metadata.", "metadata.goog", "metadata.google.internal", "instance-data",
    "Instance-Data.EC2.internal", "instance-data.ec2.internal.",
])  # fmt: skip
@cases("port", ["", ":80", ":8080"])
def test_metadata_name_is_refused_at_every_port(host, port):
    for rules in (OPEN, PUBLIC):
        with pytest.raises(ForbiddenEndpoint, match="is a metadata service"):
            rules.check(f"http://{host}{port}/v1")


@cases("host", ["metadata.example", "my-metadata", "metadata1", "instance-data.example"])
def test_names_that_only_resemble_a_metadata_service_are_allowed(host):
    PUBLIC.check(f"http://{host}/v1")


@cases("host", ["localhost", "LOCALHOST", "localhost.", "model.localhost", "a.b.localhost."])
def test_every_name_below_localhost_is_this_machine(host):
    OPEN.check(f"http://{host}/v1")
    with pytest.raises(ForbiddenEndpoint, match="is this machine"):
        PUBLIC.check(f"http://{host}/v1")


@cases("host", ["localhost.example", "notlocalhost", "localhost1"])
def test_other_names_with_localhost_in_them_are_not(host):
    PUBLIC.check(f"http://{host}/v1")


@cases(("allowed", "url", "is_exempt"), [
    ("http://10.0.0.7:8000", "http://10.0.0.7:8000/v1", True),
    ("http://10.0.0.7:8000/v1", "http://10.0.0.7:8000/other", True),
    ("http://10.0.0.7", "http://10.0.0.7:80/v1", True),
    ("https://10.0.0.7", "https://10.0.0.7:443/v1", True),
    ("http://10.0.0.7:8000", "http://10.0.0.7:8001/v1", False),
    ("http://10.0.0.7:8000", "https://10.0.0.7:8000/v1", False),
    ("http://10.0.0.7:8000", "http://10.0.0.8:8000/v1", False),
    ("http://10.0.0.7:8000", "http://[::ffff:10.0.0.7]:8000/v1", False),
    ("http://LOCALHOST.:8000", "http://localhost:8000/v1", True),
    ("http://[::1]", "http://[0::1]/v1", True),
    ("http://metadata", "http://metadata./v1", True),
])  # fmt: skip
def test_exemption_holds_for_exactly_one_origin(allowed, url, is_exempt):
    rules = EndpointRules.parse([allowed], public_only=True)
    if is_exempt:
        rules.check(url)
    else:
        with pytest.raises(ForbiddenEndpoint):
            rules.check(url)


@cases("allowed", ["", "*", "10.0.0.7", "http://", "ftp://x", "http://a:b@x", "http://x/#y", "http://127.1"])
def test_exemption_that_is_no_address_names_the_setting(allowed):
    with pytest.raises(Refused, match=r"^JURY_ENDPOINTS_ALLOWED: "):
        EndpointRules.parse(["http://fine.example", allowed], public_only=False)


def test_no_exemption_is_none_and_repeated_ones_are_one():
    assert EndpointRules.parse([], public_only=True) == PUBLIC
    same = ["http://X", "http://x:80/v1", "http://x./"]
    assert EndpointRules.parse(same, public_only=False).allowed == {"http://x:80"}


@cases(("url", "is_same"), [
    ("https://models.example/v1", True),
    ("https://MODELS.example.:443/another/v2", True),
    ("http://models.example/v1", False),
    ("https://models.example:8443/v1", False),
    ("https://other.example/v1", False),
    ("https://a:b@models.example/v1", False),
    ("nonsense", False),
    ("", False),
])  # fmt: skip
def test_origin_is_compared_with_a_url_that_may_be_none(url, is_same):
    assert same_origin(url, "https://models.example:443") is is_same
