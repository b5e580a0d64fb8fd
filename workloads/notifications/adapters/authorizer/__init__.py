"""The platform's service that says who may listen and speak."""
