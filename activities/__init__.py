"""What the workflows have done for them: thin, ids in, one store or mail call, errors translated."""
