"""The Team Hub: the pages of those who work in an office, each a look at the client API in the hands of one person."""
