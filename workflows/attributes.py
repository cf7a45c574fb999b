"""The search attributes of our workflows; registered with the server, checked by the worker at its start."""

from temporalio.common import SearchAttributeKey

STATE = SearchAttributeKey.for_keyword("InvitationState")
OFFICE = SearchAttributeKey.for_keyword("Office")
BATCH = SearchAttributeKey.for_keyword("BatchId")

ALL = (STATE, OFFICE, BATCH)
TASK_QUEUE = "onboarding"
