"""Every workflow there is; the worker runs them and the replay tests replay them."""

from workflows.invitation import InvitationWorkflow
from workflows.messages import MessageInterceptor
from workflows.password_link import PasswordLinkWorkflow

WORKFLOWS = (InvitationWorkflow, PasswordLinkWorkflow)
INTERCEPTORS = (MessageInterceptor(),)
