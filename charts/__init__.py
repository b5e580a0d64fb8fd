"""The Helm chart, and install.yaml, which `make manifests` renders from it."""
