"""Pictures drawn by code: portraits of the demo's people and covers of their kworks. The same seed, the same picture."""
