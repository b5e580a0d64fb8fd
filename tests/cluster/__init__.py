"""A real Kubernetes of three nodes in three zones, for tests: kind, or Kubernetes itself in namespaces of this machine.

`python -m tests.cluster build | up | load | kubeconfig | down`; docs/testing-on-kubernetes.md tells the rest.
"""
