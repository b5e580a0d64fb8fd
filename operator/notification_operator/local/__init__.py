"""Runs a cluster on this machine: starts its processes, keeps them running, and stops them in order."""
