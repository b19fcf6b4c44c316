"""`caiding serve`: the supervisor, its workers, the keeper of editions and the board that they share."""
