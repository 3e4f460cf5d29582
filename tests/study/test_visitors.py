"""Under which names a study is served, and from which pages answers are taken."""

import pytest

from evalkit.study.visitors import Visitors, is_host_name

VISITORS = Visitors.under(["Study.Example.org."], "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:8788", "localhost:8788", "LOCALHOST", "[::1]:8788", "192.168.1.4:80", "10.0.0.1"),
        *("study.example.org", "STUDY.example.org:443", "study.example.org."),
    ],
)
def test_addresses_and_names_that_were_said(host):
    assert VISITORS.may_ask(host) and VISITORS.may_send(f"http://{host}", host) and VISITORS.may_send("", host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "evil.example:8788", "127.0.0.1.evil.example", "localhost.evil.example", "example.org"),
        *("127.0.0.1:8788:1", "127.0.0.1/", "user@127.0.0.1", "[::1", "[evil]", "::1", "127.0.0.1 ", "a b", "[1.2.3.4"),
    ],
)
def test_every_other_name_may_be_a_page_of_somebody_else(host):
    assert not VISITORS.may_ask(host)


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "null",
            "https://evil.example",
            "http://127.0.0.1:9999",
            "http://localhost:8788",
            "file://",
            "127.0.0.1:8788",
        ),
        *(
            "http://127.0.0.1:8788.evil.example",
            "http://127.0.0.1:8788/",
            "chrome-extension://127.0.0.1:8788",
            "http://",
        ),
    ],
)
def test_pages_of_others_send_nothing(origin):
    assert not VISITORS.may_send(origin, "127.0.0.1:8788")


def test_a_proxy_may_ask_under_another_name_than_the_browser():
    assert VISITORS.may_send("https://study.example.org", "127.0.0.1:8788")


def test_a_host_name_has_no_port_and_no_scheme():
    assert is_host_name("study.example.org") and is_host_name("labpc")
    assert not any(is_host_name(name) for name in ("", "http://a", "a:80", "a/b", "a b"))
