"""Push by FCM, APNs and Web Push."""
