"""What a notification is and what makes its delivery safe. Pure: no library, no clock, no randomness, no IO."""
