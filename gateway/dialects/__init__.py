"""API vocabularies: the only place where a wire message meets the model. One folder per vocabulary."""
