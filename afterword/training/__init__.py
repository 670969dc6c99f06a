"""Training the assistant: what it was trained on, and the model that came of it."""
