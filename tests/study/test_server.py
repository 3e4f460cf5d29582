"""The server: what it gives, what it takes, and what stays hidden."""

import http.client
import json

import pytest

from evalkit.errors import StudyError
from evalkit.study.answers import FORGED, MALFORMED, largest_sheet
from evalkit.study.folder import StudyFolder
from evalkit.study.server import StudyServer
from evalkit.study.store import stored_answers, stored_refusals
from tests.study.conftest import prefer, sheet


def ask(server, method, target, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request(method, target, body, headers or {})
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    return reply, content


def post(server, body):
    reply, content = ask(server, "POST", "/answers", body)
    return reply.status, json.loads(content)


def test_it_listens_on_this_machine_only(server):
    assert server.server_address[0] == "127.0.0.1"


def test_page_and_ranges(server, study, key):
    reply, content = ask(server, "GET", "/")
    assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/html") and b"Which?" in content
    name = next(iter(key.scenes.values())).driving
    whole = (study.page / "media" / name).read_bytes()
    reply, content = ask(server, "GET", f"/media/{name}")
    assert content == whole and reply.headers["Content-Type"] == "video/mp4"
    for asked, part in (("bytes=5-9", whole[5:10]), ("bytes=7-", whole[7:]), ("bytes=-4", whole[-4:])):
        reply, content = ask(server, "GET", f"/media/{name}", headers={"Range": asked})
        assert reply.status == 206 and content == part and reply.headers["Content-Range"].endswith(f"/{len(whole)}")
    reply, content = ask(server, "GET", f"/media/{name}", headers={"Range": "bytes=9-5"})
    assert reply.status == 200 and content == whole
    reply, content = ask(server, "GET", f"/media/{name}", headers={"Range": f"bytes={len(whole)}-"})
    assert reply.status == 416 and reply.headers["Content-Range"] == f"bytes */{len(whole)}"
    reply, content = ask(server, "HEAD", "/")
    assert reply.status == 200 and content == b"" and int(reply.headers["Content-Length"]) > 100


@pytest.mark.parametrize(
    "target",
    [
        *("/key.json", "/../key.json", "/%2e%2e/key.json", "/..%2fkey.json", "//key.json", "/media/../../raters.csv"),
        *("/answers.sqlite", "/media", "/nothing.html", "/%00", "/../../../../etc/passwd", "/index.html/x"),
    ],
)
def test_nothing_beside_the_page_is_served(server, target):
    assert ask(server, "GET", target)[0].status == 404


def test_answers_are_taken_once(server, study, key, tokens):
    mine = prefer(key, 0, "Good")
    assert post(server, sheet(key, tokens[0], mine[:2]))[1]["stored"] == 2
    status, told = post(server, sheet(key, tokens[0], mine[1:3]))
    assert status == 200 and (told["stored"], told["repeated"]) == (1, 1)
    assert told["answered"] == [answer["trial"] for answer in mine[:3]]
    other = mine[0] | {"choice": "left" if mine[0]["choice"] == "right" else "right"}
    status, told = post(server, sheet(key, tokens[0], [other]))
    assert status == 200 and told["refused"][0]["trial"] == other["trial"] and told["stored"] == 0
    assert stored_answers(study.answers)[0].choice == mine[0]["choice"]


def test_refusals_are_counted(server, study, key, tokens):
    assert post(server, sheet(key, "1-ffffffffffffffff", prefer(key, 0, "Good")))[0] == 403
    assert post(server, b"{")[0] == 400
    assert stored_answers(study.answers) == [] and stored_refusals(study.answers) == {FORGED: 1, MALFORMED: 1}


def test_wrong_requests(server, study, key):
    assert ask(server, "POST", "/elsewhere", b"x")[0].status == 404
    assert ask(server, "POST", "/answers", b" " * (4 << 20))[0].status == 413
    assert ask(server, "POST", "/answers", headers={"Content-Length": str(largest_sheet(key) + 1)})[0].status == 413
    assert ask(server, "POST", "/answers", iter([b" " * (1 << 16)] * 9))[0].status == 413  # chunked, of unknown length
    reply, _ = ask(server, "PUT", "/answers", b"x")
    assert reply.status == 405 and reply.headers["Allow"] == "GET, HEAD, POST"
    assert not stored_refusals(study.answers)


def test_several_requests_share_a_connection(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    for _ in range(3):
        connection.request("GET", "/study.js")
        reply = connection.getresponse()
        assert reply.status == 200 and b"takeForm" in reply.read()
    connection.close()


def test_a_taken_port_is_explained(server, study):
    with pytest.raises(StudyError, match="Choose a free --port"):
        StudyServer(study, port=server.server_port)


def test_a_folder_that_is_no_study_is_explained(tmp_path):
    with pytest.raises(StudyError, match="is not a study"):
        StudyServer(StudyFolder(tmp_path))
