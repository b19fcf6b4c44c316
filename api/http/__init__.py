"""The HTTP face: one front that every request passes once, and behind it one blueprint a topic."""
