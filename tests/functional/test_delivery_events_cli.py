"""Mail providers that report, as the command line keeps them."""

from tests.command_line import CommandLine
from tests.house import House


async def test_a_provider_is_let_in_and_shut_out_at_the_terminal(house: House, doorstep: CommandLine) -> None:
    """T23: the address and the secret to enter there; the secret is printed once, and replaced on demand."""
    office = await house.office()

    made = await doorstep.done("delivery-source", "add", office, "Postwerk")
    again = await doorstep.refused("delivery-source", "add", office, "Postwerk")
    shown = await doorstep("delivery-source", "rotate", office, "Postwerk", "--overlap", "0m")
    listed = await doorstep("delivery-source", "list", office)
    gone = await doorstep.done("delivery-source", "remove", office, "Postwerk")
    none = await doorstep("delivery-source", "list", office)

    assert made["address"] == f"http://portal.example/delivery-events/{made['id']}"
    assert str(made["secret"]).startswith("whsec_")
    assert (again["code"], again["status"]) == ("delivery_source_exists", 409)
    assert f"address  {made['address']}" in shown.out
    assert "secret   whsec_" in shown.out
    assert "the one before is good no longer" in shown.out
    assert made["address"] in listed.out
    assert "whsec_" not in listed.out
    assert gone == {"id": made["id"], "office": office, "name": "Postwerk"}
    assert "No mail provider reports" in none.out
