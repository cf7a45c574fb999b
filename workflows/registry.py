"""Every workflow there is; the worker runs them and the replay tests replay them."""

from workflows.batch import BatchWorkflow
from workflows.erp_pull import ErpPullWorkflow
from workflows.invitation import InvitationWorkflow
from workflows.messages import MessageInterceptor
from workflows.password_link import PasswordLinkWorkflow
from workflows.webhook import WebhookWorkflow

WORKFLOWS = (InvitationWorkflow, PasswordLinkWorkflow, BatchWorkflow, WebhookWorkflow, ErpPullWorkflow)
INTERCEPTORS = (MessageInterceptor(),)
