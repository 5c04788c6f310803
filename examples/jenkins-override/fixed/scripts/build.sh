#!/usr/bin/env bash
set -euo pipefail

target="${1:?usage: build.sh ENVIRONMENT}"

set -a
source ./.env
source "./.env.${target}"
set +a

docker build --tag "checkout:${target}" .
helm upgrade --install checkout charts/checkout \
  --namespace "${target}" \
  --set-string "payment.user=${PAYMENT_USER_ID}" \
  --set-string "payment.key=${PAYMENT_API_KEY}"
