import hashlib
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cxsync.local.errors import DamagedJarError, DiskFullError, DownloadError, NotWritableError
from cxsync.local.jars import cache, fetch, pins

COORDINATE = "org.example:thing_2.13:1.2.3"
PATH = "org/example/thing_2.13/1.2.3/thing_2.13-1.2.3.jar"
CONTENT = b"PK\x03\x04" + bytes(range(256)) * 300
WANTED = {COORDINATE: hashlib.sha256(CONTENT).hexdigest()}


class Repository:
    """A Maven repository on the loopback interface; ``answers`` are served in turn, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[bytes | int] = [CONTENT]
        self.asked: Counter[str] = Counter()
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                repository.asked[self.path] += 1
                if not self.path.endswith(".jar"):
                    self.send_error(404)
                    return
                answers = repository.answers
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if isinstance(answer, int):
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(CONTENT)))
                    self.end_headers()
                    self.wfile.write(CONTENT[:answer])
                    return
                self.send_response(200 if answer else 404)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.addresses = {"here": f"http://127.0.0.1:{self.server.server_port}/maven"}

    @property
    def downloads(self) -> int:
        return self.asked["/maven/" + PATH]

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def repository() -> Iterator[Repository]:
    made = Repository()
    yield made
    made.close()


def test_a_jar_is_fetched_once_and_then_taken_without_network(tmp_path: Path, repository: Repository) -> None:
    said: list[str] = []
    found = fetch(tmp_path, WANTED, repositories=repository.addresses, report=said.append)
    assert [path.read_bytes() for path in found] == [CONTENT]
    assert len(said) == 1
    assert fetch(tmp_path, WANTED, offline=True, report=said.append) == found
    assert repository.downloads == 1
    assert len(said) == 1


def test_a_jar_damaged_in_the_cache_is_fetched_again(tmp_path: Path, repository: Repository) -> None:
    (path,) = fetch(tmp_path, WANTED, repositories=repository.addresses)
    path.write_bytes(CONTENT[:1000])
    assert fetch(tmp_path, WANTED, repositories=repository.addresses) == [path]
    assert path.read_bytes() == CONTENT
    assert repository.downloads == 2


def test_damage_of_equal_size_is_seen_too(tmp_path: Path, repository: Repository) -> None:
    (path,) = fetch(tmp_path, WANTED, repositories=repository.addresses)
    path.write_bytes(CONTENT[:-1] + b"\0")
    fetch(tmp_path, WANTED, repositories=repository.addresses)
    assert path.read_bytes() == CONTENT


def test_a_wrong_download_is_repeated_once(tmp_path: Path, repository: Repository) -> None:
    repository.answers = [b"something else", CONTENT]
    (path,) = fetch(tmp_path, WANTED, repositories=repository.addresses)
    assert path.read_bytes() == CONTENT


def test_a_jar_that_stays_wrong_is_refused_and_not_kept(tmp_path: Path, repository: Repository) -> None:
    repository.answers = [b"something else"]
    with pytest.raises(DamagedJarError, match=re.escape(WANTED[COORDINATE])) as raised:
        fetch(tmp_path, WANTED, repositories=repository.addresses)
    assert COORDINATE in raised.value.reason
    assert repository.downloads == 2
    assert not (tmp_path / PATH).exists()


def test_a_broken_download_is_taken_up_again(tmp_path: Path, repository: Repository) -> None:
    repository.answers = [1000, CONTENT]
    (path,) = fetch(tmp_path, WANTED, repositories=repository.addresses)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("case", ["offline", "missing", "unreachable"])
def test_a_jar_that_cannot_be_had_is_named(tmp_path: Path, repository: Repository, case: str) -> None:
    repository.answers = [b""]
    addresses = {"nobody": "http://127.0.0.1:9/maven"} if case == "unreachable" else repository.addresses
    with pytest.raises(DownloadError, match=re.escape(COORDINATE)) as raised:
        fetch(tmp_path, WANTED, offline=case == "offline", repositories=addresses)
    assert "://" not in raised.value.reason


def test_two_who_fetch_at_once_download_once(tmp_path: Path, repository: Repository) -> None:
    threads = [
        threading.Thread(target=fetch, args=(tmp_path, WANTED), kwargs={"repositories": repository.addresses})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert repository.downloads == 1


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritableError, match="XDG_CACHE_HOME"):
        fetch(tmp_path / "file" / "cache", WANTED)


def test_a_full_disk_is_told(tmp_path: Path, repository: Repository) -> None:
    # A file that swallows nothing stands where the jar is to be written.
    target = tmp_path / PATH
    target.parent.mkdir(parents=True)
    os.symlink("/dev/full", tmp_path / "verified.new")
    with pytest.raises(DiskFullError, match="make room"):
        fetch(tmp_path, WANTED, repositories=repository.addresses)


def test_the_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache() == tmp_path / "cxcalendarsync" / "maven"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache() == Path.home() / ".cache" / "cxcalendarsync" / "maven"


def test_every_pin_is_a_coordinate_and_a_sha256() -> None:
    listed = pins()
    assert "org.apache.kafka:kafka_2.13:4.4.0" in listed
    assert "org.slf4j:slf4j-simple:1.7.36" in listed
    assert len(listed) == 45
    for coordinate, sha256 in listed.items():
        assert re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+", coordinate)
        assert re.fullmatch(r"[0-9a-f]{64}", sha256)
    assert list(listed) == sorted(listed)
