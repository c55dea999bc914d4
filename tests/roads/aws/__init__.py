"""Here are the AWS road's files: each template says what we mean, each build types our lines."""
