"""What watching leaves for people: the evidence of an alarm, and where proposed judgments lie."""
