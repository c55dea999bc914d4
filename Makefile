# Every step of the line is one verb here; Jenkins, GitLab or a person types the same.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -W ignore::FutureWarning -m
UV := $(BIN)/uv
UV_VERSION := 0.13.8
TORCH := 2.13.0
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
export UV_NATIVE_TLS := 1
export HF_HUB_OFFLINE ?= 1

CATALOGUE ?= catalogue
PORT ?= 8000
HOST ?= 127.0.0.1

LOCK = $(UV) pip compile -q --universal --python-version 3.11 --no-emit-index-url --generate-hashes --no-emit-package torch pyproject.toml --custom-compile-command 'make lock'

.PHONY: lock
lock:  ## pin every dependency again, with hashes
	$(LOCK) --extra serve --extra check --extra build --extra deploy --extra dev -o locks/dev.txt
	$(LOCK) --extra serve -c locks/dev.txt -o locks/serve.txt
	$(LOCK) --extra serve --extra check --extra build -c locks/dev.txt -o locks/up.txt
	$(LOCK) --extra deploy -c locks/dev.txt -o locks/deploy.txt

.PHONY: help
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
