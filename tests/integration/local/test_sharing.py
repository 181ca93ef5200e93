"""The shared lifetime, with the lightest part; it is the same code for all."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cxsync.local.errors import DiskFullError, NotWritableError, PortTakenError
from cxsync.local.lifetime import Place, State, is_held
from cxsync.local.parts import PartName, PartStatus, status, stop, use
from cxsync.local.ports import answers
from tests.integration.local.conftest import User, until


def port(url: str | None) -> int:
    assert url is not None
    found = urlsplit(url).port
    assert found is not None
    return found


def mail(data_dir: Path) -> PartStatus:
    (found,) = [part for part in status(data_dir) if part.part == "mail"]
    return found


def serves_anew(data_dir: Path, killed: int) -> bool:
    found = mail(data_dir)
    return found.phase == "ready" and found.keeper not in (None, killed)


def test_commands_that_start_at_once_share_one_part(data_dir: Path) -> None:
    users = [User(data_dir, "mail") for _ in range(6)]
    try:
        addresses = {tuple(user.answer()) for user in users}
        assert len(addresses) == 1
        assert next(iter(addresses))[0] == "serving"
    finally:
        for user in users:
            user.kill()


def test_it_stops_by_itself_after_the_last_user_was_killed(data_dir: Path) -> None:
    first, second = User(data_dir, "mail"), User(data_dir, "mail")
    _, smtp, _ = first.answer()
    second.answer()
    first.kill()
    # Longer than the grace: the second user alone keeps it.
    with pytest.raises(AssertionError):
        until(lambda: mail(data_dir).phase == "stopped", seconds=5)
    assert answers(port(smtp))
    second.kill()
    until(lambda: mail(data_dir).phase == "stopped")
    assert not answers(port(smtp))


def test_a_child_of_a_user_does_not_keep_it(data_dir: Path) -> None:
    user = User(
        data_dir, "mail", before="import subprocess; subprocess.Popen(['sleep', '100'], stdout=subprocess.DEVNULL)\n"
    )
    user.answer()
    with use(data_dir, ["mail"]):
        child = subprocess.Popen(["sleep", "100"])
    user.kill()
    try:
        until(lambda: mail(data_dir).phase == "stopped")
    finally:
        child.kill()
        child.wait()


def test_a_killed_keeper_is_replaced_at_the_same_address_while_in_use(data_dir: Path) -> None:
    with use(data_dir, ["mail"]) as endpoints:
        for _ in range(2):
            killed = mail(data_dir).keeper
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            until(partial(serves_anew, data_dir, killed))
            assert answers(port(endpoints.smtp))
            assert mail(data_dir).endpoints["smtp"] == endpoints.smtp


def test_sigterm_stops_it_and_it_stays_down_until_it_is_wanted_again(data_dir: Path) -> None:
    with use(data_dir, ["mail"]) as endpoints:
        keeper = mail(data_dir).keeper
        assert keeper is not None
        os.kill(keeper, signal.SIGTERM)
        until(lambda: mail(data_dir).phase == "stopped")
        with pytest.raises(AssertionError):
            until(lambda: mail(data_dir).phase != "stopped", seconds=4)
        with use(data_dir, ["mail"]) as again:
            assert again == endpoints


def test_stop_ends_what_is_in_use_and_waits_for_it(data_dir: Path) -> None:
    with use(data_dir, ["mail"]) as endpoints:
        assert mail(data_dir).in_use
        stop(data_dir)
        assert mail(data_dir).phase == "stopped"
        assert mail(data_dir).keeper is None
        assert not answers(port(endpoints.smtp))
    assert not mail(data_dir).in_use


def test_stop_and_status_of_nothing(tmp_path: Path) -> None:
    assert status(tmp_path) == []
    stop(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_at_the_user_leaves_the_part_to_others(data_dir: Path) -> None:
    first, second = User(data_dir, "mail"), User(data_dir, "mail")
    _, smtp, _ = first.answer()
    second.answer()
    first.process.send_signal(signal.SIGINT)
    first.process.wait(30)
    try:
        with pytest.raises(AssertionError):
            until(lambda: not answers(port(smtp)), seconds=5)
    finally:
        second.kill()
        first.kill()


def test_a_port_that_another_program_took_is_left_to_it(data_dir: Path) -> None:
    with use(data_dir, ["mail"]) as endpoints:
        pass
    stop(data_dir)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port(endpoints.smtp)))
        other.listen()
        with use(data_dir, ["mail"]) as moved:
            assert port(moved.smtp) != port(endpoints.smtp)
            assert moved.mail_page == endpoints.mail_page


def test_a_stale_state_is_not_believed(data_dir: Path) -> None:
    place = Place(data_dir / "mail")
    place.folder.mkdir(parents=True)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        stale = f"smtp://127.0.0.1:{taken}"
        place.write(State("ready", "old", os.getpid(), "1", ports={"smtp": taken}, endpoints={"smtp": stale}))
        with use(data_dir, ["mail"]) as endpoints:
            assert endpoints.smtp != stale


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritableError, match="set DATA_DIR"), use(tmp_path / "file", ["mail"]):
        pass


def test_a_failed_start_tells_everybody_who_waits_and_the_next_may_try_again(data_dir: Path) -> None:
    blocked = data_dir / "mail" / "messages"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file stands where the folder belongs")
    users = [User(data_dir, "mail") for _ in range(3)]
    for user in users:
        assert user.answer()[:2] == ["refused", NotWritableError.code]
        user.kill()
    assert mail(data_dir).phase == "failed"
    blocked.unlink()
    with use(data_dir, ["mail"]) as endpoints:
        assert answers(port(endpoints.smtp))


def test_a_full_disk_is_told(data_dir: Path) -> None:
    # Every file of the command and of what it starts ends at 100 bytes, as on a disk that is full.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
    user = User(data_dir, "mail", before=limit)
    assert user.answer()[:2] == ["refused", DiskFullError.code]
    user.kill()


def test_no_free_port_at_all_is_told(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The keeper imports this file first.
    patch = data_dir / "patch"
    patch.mkdir(parents=True)
    (patch / "sitecustomize.py").write_text("import cxsync.local.ports as ports\nports.is_free = lambda _: False\n")
    monkeypatch.setenv("PYTHONPATH", str(patch))
    with pytest.raises(PortTakenError, match="no free port"), use(data_dir, ["mail"]):
        pass


def test_threads_of_one_process_share_too(data_dir: Path) -> None:
    found: list[str | None] = []

    def take() -> None:
        with use(data_dir, ["mail"]) as endpoints:
            found.append(endpoints.smtp)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_the_keeper_is_no_child_of_its_user(data_dir: Path) -> None:
    with use(data_dir, ["mail"]):
        keeper = mail(data_dir).keeper
        assert keeper is not None
        assert is_held(data_dir / "mail" / "keeper.lock")
        if sys.platform == "linux":
            parent = int(Path(f"/proc/{keeper}/stat").read_text().rpartition(")")[2].split()[1])
            assert parent != os.getpid()
            assert os.getsid(keeper) != os.getsid(0)


@pytest.mark.parametrize("pause", [2.9, 3.1, 3.3, 3.6])
def test_who_comes_while_it_stops_gets_one_that_serves(data_dir: Path, pause: float) -> None:
    with use(data_dir, ["mail"]) as first:
        pass
    # The grace is 3 s: these come just before, in and after the stop.
    time.sleep(pause)
    with use(data_dir, ["mail"]) as second:
        assert second == first
        assert answers(port(second.smtp))


@pytest.mark.parametrize("part", ["kafka", "postgres", "mail"])
def test_a_port_taken_between_choice_and_start_is_tried_elsewhere(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, part: PartName
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        # The keeper imports this file first, and believes the first port to be free.
        patch = data_dir / "patch"
        patch.mkdir(parents=True)
        (patch / "sitecustomize.py").write_text(
            "import cxsync.local.ports as ports\n"
            "really, asked = ports.is_free, []\n"
            "def once(port):\n"
            "    asked.append(port)\n"
            "    return len(asked) == 1 or really(port)\n"
            "ports.is_free = once\n"
            f"ports.random.sample = lambda *_: [{taken}, *range(21000, 21200)]\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(patch))
        with use(data_dir, [part]):
            chosen = Place(data_dir / part).read()
            assert chosen is not None
            assert taken not in chosen.ports.values()
            assert all(map(answers, chosen.ports.values()))
