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
# copied from the globex deploy
export PAYMENT_USER_ID=usr_globex
docker compose up --detach invoices
