# What the expressions of expressions.txt refer to.
locals {
  words    = ["b", "a", "", "c", "a"]
  env      = { A = "1", B = "CANARY-b", C = "" }
  names    = tomap({ x = "CANARY-x", y = "y" })
  secret   = sensitive("CANARY-secret")
  deep     = { a = sensitive("CANARY-deep"), b = 1 }
  hidden   = sensitive(["a", "CANARY-hidden"])
  empty    = []
  none     = null
  time     = "2026-02-03T04:05:06Z"
  template = "n is $${n}%%{ if true } yes%%{ endif }"
  broken   = "$${"
  name     = "Ünï🤷‍♀️"
}

resource "terraform_data" "x" {
  input = "a"
}
