"""Detectors of spikes, measured: `make bench-spikes`."""
