"""The commands of the command line: each a function from arguments to an `Answer`, which `answers` prints."""
