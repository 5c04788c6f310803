#!/usr/bin/env bash
set -euo pipefail

environment="$1"
set -a
source "./.env.${environment}"
set +a

notify() {
  echo "deploying invoices to ${environment}"
}

notify
docker compose up --detach invoices
