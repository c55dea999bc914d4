"""Fine-tuning and adapters, kept only where they win on held-out questions."""
