"""The OpenID Connect provider of the business: one sign-in for everything, the Team Hub included."""
