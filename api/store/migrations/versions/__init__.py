"""One file a change; a file that has been released is never altered."""
