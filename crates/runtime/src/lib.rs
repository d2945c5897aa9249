//! Clock, randomness, configuration, telemetry and shutdown: the edge to the machine.
