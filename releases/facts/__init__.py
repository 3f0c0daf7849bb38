"""The facts of a release, collected once, that its dataset card, Croissant, datasheet and annex state."""
