"""The ground floor of every tier: settings, AWS clients, storage, messages, logs."""
