"""Every path of a pull of the ERP's export, to be recorded."""

from datetime import timedelta

from tests.functional.test_erp_pull import exported, newest_workflow
from tests.house import ERP_FOLDER, House, eventually
from tests.replay.ending import ended


async def pull_done(house: House) -> str:
    """Fetched and imported."""
    office = await house.office()
    exported(office, "1042,Ana Ngata,ana@kauri.example,,", "1043,Ben Rata,no address,,")
    return await _pulled(house, office)


async def pull_failed(house: House) -> str:
    """Nothing to fetch."""
    office = await house.office()
    (ERP_FOLDER / office).mkdir(parents=True)
    return await _pulled(house, office)


async def _pulled(house: House, office: str) -> str:
    source = await house.doorstep.erp_set(office, "daily", location=office, every=timedelta(hours=1))
    await house.doorstep.erp_run(office, "daily")
    return await ended(house, await eventually(lambda: newest_workflow(house, source), "the pull to begin"))
