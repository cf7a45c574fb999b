"""The pages of the provider: the toolkit's, Django's login, and a door for the tests to make people."""

import json

from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt  # type: ignore[untyped-decorator]  # Django ships no types
def people(request: HttpRequest) -> JsonResponse:
    """Make somebody, in place of whoever had that name before."""
    asked = json.loads(request.body)
    User.objects.filter(username=asked["name"]).delete()
    User.objects.create_user(asked["name"], asked["address"], asked["password"], last_name=asked["is"])
    return JsonResponse({})


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("login", LoginView.as_view()),
    path("people", people),
]
