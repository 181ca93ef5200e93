"""What may be written into Endpoint, and where this program connects."""

import pytest

from cxsync.calendars.exchange.endpoint import (
    Endpoint,
    EndpointRefused,
    EndpointUnreadable,
    check_addresses,
    check_scheme,
    read_allowlist,
    read_endpoint,
)

NOBODY = read_allowlist(())


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("mail.example.com", "https://mail.example.com/EWS/Exchange.asmx"),
        ("  Mail.Example.COM. ", "https://mail.example.com/EWS/Exchange.asmx"),
        ("mail.example.com:8443", "https://mail.example.com:8443/EWS/Exchange.asmx"),
        ("mail.example.com:443", "https://mail.example.com/EWS/Exchange.asmx"),
        ("https://mail.example.com", "https://mail.example.com/EWS/Exchange.asmx"),
        ("https://mail.example.com/", "https://mail.example.com/EWS/Exchange.asmx"),
        ("https://mail.example.com/custom/ews.asmx", "https://mail.example.com/custom/ews.asmx"),
        ("http://127.0.0.1:8025/EWS/Exchange.asmx", "http://127.0.0.1:8025/EWS/Exchange.asmx"),
        ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/EWS/Exchange.asmx"),
        ("bücher.example", "https://xn--bcher-kva.example/EWS/Exchange.asmx"),
        ("exchange01", "https://exchange01/EWS/Exchange.asmx"),
    ],
)
def test_forms_of_an_endpoint(given: str, url: str) -> None:
    assert read_endpoint(given).url == url


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "anna@example.com",
        "https://anna:secret@mail.example.com",
        "ftp://mail.example.com",
        "file:///etc/passwd",
        "mail.example.com:0",
        "mail.example.com:99999",
        "mail.example.com:https",
        "mail.example.com/owa",
        "https://mail.example.com/EWS/Exchange.asmx?x=1",
        "https://mail.example.com/#top",
        "mail example.com",
        "mail..example.com",
        "-mail.example.com",
        "https://",
        "[::1",
        "a" * 300 + ".example",
        "https://mail.example.com/EWS/Exchange asmx",
    ],
)
def test_what_is_no_endpoint_is_refused_with_what_would_be_right(given: str) -> None:
    with pytest.raises(EndpointUnreadable, match=r"mail\.example\.com:8443"):
        read_endpoint(given)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.1.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_addresses_that_are_not_public_are_refused_unless_listed(address: str) -> None:
    endpoint = read_endpoint("mail.example.com")
    with pytest.raises(EndpointRefused) as caught:
        check_addresses(endpoint, ["93.184.215.14", address], NOBODY)
    assert caught.value.host == "mail.example.com"
    bare = address.partition("%")[0]
    check_addresses(endpoint, [address], read_allowlist([bare]))
    check_addresses(endpoint, [address], read_allowlist(["MAIL.example.com"]))


def test_public_addresses_need_no_list() -> None:
    check_addresses(
        read_endpoint("mail.example.com"), ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"], NOBODY
    )


def test_a_network_on_the_list_allows_its_addresses_only() -> None:
    listed = read_allowlist(["10.1.0.0/16", " ", "192.168.7.7"])
    check_addresses(read_endpoint("mail.example.com"), ["10.1.200.3", "192.168.7.7"], listed)
    with pytest.raises(EndpointRefused):
        check_addresses(read_endpoint("mail.example.com"), ["10.2.0.1"], listed)


def test_http_is_for_listed_hosts_only() -> None:
    plain = Endpoint("http", "mail.example.com", 80)
    with pytest.raises(EndpointRefused):
        check_scheme(plain, NOBODY)
    check_scheme(plain, read_allowlist(["mail.example.com"]))
    check_scheme(read_endpoint("http://127.0.0.1:81"), read_allowlist(["127.0.0.0/8"]))
    check_scheme(read_endpoint("mail.example.com"), NOBODY)


def test_a_list_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(EndpointUnreadable):
        read_allowlist(["mail.example.com", "not a host"])
