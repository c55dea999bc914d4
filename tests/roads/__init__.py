"""Here are the other roads' files: each types what the Jenkinsfile types."""
