"""What the numbers mean: pure functions and values, without clock, network or SDK."""
