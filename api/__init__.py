"""The doors: everything that reads from the outside world or shows something to a person or a machine."""
