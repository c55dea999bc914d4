"""What a build is asked for, and the id that its release will have."""
