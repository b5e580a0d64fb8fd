"""Work queues on JetStream, wake-ups on core NATS."""
