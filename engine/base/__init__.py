"""What every later form of the rules stands on: places, findings, exact quantities, calendars."""
