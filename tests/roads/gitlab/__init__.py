"""Here is .gitlab-ci.yml: what each kind of pipeline types, and what hurts in a mistaken one."""
