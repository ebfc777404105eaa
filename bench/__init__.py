"""What `make bench` measures: time, memory and requests of the handler beside the alternatives."""
