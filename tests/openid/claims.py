"""What the provider says of its people, and where."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator


class Claims(OAuth2Validator):  # type: ignore[misc]  # Django OAuth Toolkit ships no types
    """The e-mail address, and whether it was verified: which this site keeps where a last name would be.

    Of most people it stands in the `id_token`; of those who are "apart" it has to be asked for, as many providers have
    it of everybody.
    """

    def get_additional_claims(self, request: Any) -> dict[str, object]:
        """As the documentation of the toolkit adds claims."""
        return {} if "apart" in request.user.last_name else self._address(request)

    def get_userinfo_claims(self, request: Any) -> dict[str, object]:
        """The same for whoever asks with an access token."""
        return super().get_userinfo_claims(request) | self._address(request)  # type: ignore[no-any-return]

    def _address(self, request: Any) -> dict[str, object]:
        return {"email": request.user.email, "email_verified": "verified" in request.user.last_name}
