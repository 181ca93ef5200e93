import pytest

from cxsync.supervise.role import RoleSpec
from cxsync.supervise.supervisor import Supervisor


def test_two_roles_of_one_name_are_refused() -> None:
    roles = [RoleSpec("processor", ("true",), "m1"), RoleSpec("processor", ("true",), "m2")]
    with pytest.raises(ValueError, match="a name and a member id of its own"):
        Supervisor(roles)


def test_two_roles_of_one_member_id_are_refused() -> None:
    """Kafka would fence one of them off (a static member id belongs to one process)."""
    roles = [RoleSpec("processor-1", ("true",), "m"), RoleSpec("processor-2", ("true",), "m")]
    with pytest.raises(ValueError, match="a name and a member id of its own"):
        Supervisor(roles)
