import pwd
from pathlib import Path

import pytest

from cxsync.local.account import bundled, unused_uid
from cxsync.local.errors import NewerDataError
from cxsync.local.postgres import check_version


@pytest.mark.parametrize("written", ["19", "17"])
def test_data_of_another_major_version_are_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "PG_VERSION").write_text(written + "\n")
    with pytest.raises(NewerDataError, match=f"PostgreSQL {written}"):
        check_version(tmp_path)


def test_data_of_this_version_and_none_at_all_are_opened(tmp_path: Path) -> None:
    check_version(tmp_path)
    (tmp_path / "PG_VERSION").write_text("18\n")
    check_version(tmp_path)


def test_the_programs_are_found() -> None:
    assert {"initdb", "postgres"} <= {path.name for path in bundled().iterdir()}


def test_the_user_id_belongs_to_nobody_and_stays(tmp_path: Path) -> None:
    taken = {account.pw_uid for account in pwd.getpwall()}
    assert all(unused_uid(tmp_path / str(number)) not in taken for number in range(50))
    assert unused_uid(tmp_path) == unused_uid(tmp_path)
