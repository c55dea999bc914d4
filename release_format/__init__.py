"""What travels between the programs: sealed directories, verdicts, and where they are kept."""
