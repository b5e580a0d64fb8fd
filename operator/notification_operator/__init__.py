"""Runs a NotificationCluster: reads its file, decides which processes it needs, and keeps them running."""
