"""A rulebook in English words and in Chinese words: the same rules, one twin for each word."""
