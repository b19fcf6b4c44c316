"""What each outlet pays for a month."""
