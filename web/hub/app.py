"""Every page of the Team Hub."""

from web.hub import account, dashboard, doors

ROUTES = [
    *doors.ROUTES,
    *account.ROUTES,
    *dashboard.ROUTES,
]
