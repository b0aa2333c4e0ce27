"""What a forward costs: recorded as a tape, priced by a published table, for all lengths at once."""
