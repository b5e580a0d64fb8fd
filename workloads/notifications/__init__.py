"""Gateway and worker: notifications accepted over REST, kept in PostgreSQL, pushed over Socket.IO."""
