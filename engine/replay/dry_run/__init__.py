"""What a change of rules would have done to past tickets."""
