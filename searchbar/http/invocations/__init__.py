"""What SageMaker asks of a container: `/ping` and `/invocations`, where a setting says so."""
