"""The rules of a tenant and a user as they travel with each raw record."""

from cxsync.account import Details
from cxsync.store.tenants import Tenant
from schemas.records import Policy
from schemas.words import DailySeries


def policy_of(tenant: Tenant, details: Details, daily_series: DailySeries) -> Policy:
    """``daily_series`` is the installation's choice; a tenant that converts, converts."""
    return Policy(
        home_zone=tenant.system_timezone,
        week_start="monday" if tenant.week_start == 1 else "sunday",
        short_month=tenant.short_month,
        daily_series="convert" if "convert" in (daily_series, tenant.daily_series) else "refuse",
        user_zone=details.zone or tenant.system_timezone,
    )
