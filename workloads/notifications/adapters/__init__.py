"""The ports on real libraries. Adapters know the domain and the ports, never each other."""
