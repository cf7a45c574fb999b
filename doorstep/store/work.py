"""Which function carries out which command."""

from doorstep.domain.states import Command
from doorstep.store import answering, deciding, erasing, sending
from doorstep.store.orders import Work
from doorstep.store.unchanged import guarded

WORK: dict[Command, Work] = {
    Command.SEND: guarded(sending.send_draft),
    Command.SET_UP: answering.set_up,
    Command.REQUEST_NEW_LINK: sending.request_new_link,
    Command.RESEND: guarded(sending.resend),
    Command.CHANGE_ADDRESS: guarded(sending.readdress),
    Command.DECLINE: answering.decline,
    Command.REVOKE: guarded(deciding.revoke),
    Command.APPROVE: guarded(deciding.approve),
    Command.REJECT: guarded(deciding.reject),
    Command.ERASE: guarded(erasing.erase),
}
