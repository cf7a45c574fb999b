"""Which function carries out which command."""

from doorstep.domain.states import Command
from doorstep.store import answering, deciding, erasing, sending
from doorstep.store.orders import Work

WORK: dict[Command, Work] = {
    Command.SEND: sending.send_draft,
    Command.SET_UP: answering.set_up,
    Command.REQUEST_NEW_LINK: sending.request_new_link,
    Command.RESEND: sending.resend,
    Command.CHANGE_ADDRESS: sending.readdress,
    Command.DECLINE: answering.decline,
    Command.REVOKE: deciding.revoke,
    Command.APPROVE: deciding.approve,
    Command.REJECT: deciding.reject,
    Command.ERASE: erasing.erase,
}
