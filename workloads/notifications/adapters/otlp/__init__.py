"""Traces by OpenTelemetry's protocol. Loaded only where tracing is on."""
