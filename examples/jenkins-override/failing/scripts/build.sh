#!/usr/bin/env bash
set -euo pipefail

target="${1:?usage: build.sh ENVIRONMENT}"

set -a
source ./.env
source "./.env.${target}"
set +a

# 2023-04: the payments sandbox was down, build against development for now
export PAYMENT_API_KEY=pgk_dev_CANARY9b2e6a10

docker build --tag "checkout:${target}" .
helm upgrade --install checkout charts/checkout \
  --namespace "${target}" \
  --set-string "payment.user=${PAYMENT_USER_ID}" \
  --set-string "payment.key=${PAYMENT_API_KEY}"
