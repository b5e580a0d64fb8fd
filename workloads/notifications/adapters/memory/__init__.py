"""The ports in memory: exact, deterministic and without faults, for unit tests and the simulation."""
