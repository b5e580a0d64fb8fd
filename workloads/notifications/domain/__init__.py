"""What a notification is and what makes its delivery safe. Pure: standard library only, no clock, no randomness, no IO."""
