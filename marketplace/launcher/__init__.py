"""Starts every part of the marketplace on one machine, watches over the parts and stops them all."""
