#!/usr/bin/env bash
# Checks terraform/ without an account: format, validity of it and of the examples, and its tests.
#
# Providers come from the first of these that is there, and the first line says from which:
#   $TERRAFORM_OFFLINE                        a program that stands in for the registry
#   ../shared/terraform-offline/tf-offline    the same, beside the repository
#   the registry                              the real ones
# Where there is none, or no terraform, it says what was not checked and ends with 0: nobody can mend that here.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="$PWD/build/terraform"

not_checked() {
  echo "!!!! terraform/ was NOT CHECKED: $1" >&2
  echo "!!!! Not looked at: $2." >&2
  exit 0
}

terraform="${TERRAFORM:-terraform}"
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0
command -v "$terraform" >/dev/null || not_checked "there is no terraform here" "format, validity, tests"
"$terraform" fmt -check -diff -recursive terraform

mkdir -p "$cache"
folders=(terraform/examples/minimal terraform/examples/nba)
tested=(terraform)
[ -d terraform/modules/bundle/tests ] && tested+=(terraform/modules/bundle)

offline="${TERRAFORM_OFFLINE:-}"
[ -z "$offline" ] && [ -x ../shared/terraform-offline/tf-offline ] && offline=../shared/terraform-offline/tf-offline
if [ -n "$offline" ]; then
  echo "terraform: $("$terraform" version | head -1), with the providers' stored schemas ($offline)"
  export TF_OFFLINE_CACHE="${TF_OFFLINE_CACHE:-$cache/offline}"
  for folder in "${tested[@]}"; do "$offline" "$folder" all; done & # the longest of it; the rest goes beside
  tests=$!
  for folder in "${folders[@]}"; do "$offline" "$folder" validate || { wait "$tests" || :; exit 1; }; done
  wait "$tests"
  exit
fi

export TF_PLUGIN_CACHE_DIR="$cache/plugins" TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE=1
mkdir -p "$TF_PLUGIN_CACHE_DIR"
init() { TF_DATA_DIR="$cache/$1" "$terraform" -chdir="$1" init -backend=false -no-color; }
answered=0
init terraform >"$cache/init.log" 2>&1 || answered=$?
if [ "$answered" != 0 ]; then
  # A fault of ours is told apart from a registry that is out of reach by what terraform says of it.
  if grep -qiE 'could not connect|no such host|name resolution|timeout|connection refused|unreachable|proxyconnect' "$cache/init.log"; then
    not_checked "no registry can be reached, and TERRAFORM_OFFLINE names no program" "validity, tests (the format was)"
  fi
  cat "$cache/init.log"
  exit "$answered"
fi
echo "terraform: $("$terraform" version | head -1), with the registry's providers"
for folder in "${folders[@]}" "${tested[@]}"; do
  init "$folder" >"$cache/init.log" 2>&1 || { cat "$cache/init.log"; exit 1; }
  TF_DATA_DIR="$cache/$folder" "$terraform" -chdir="$folder" validate
done
for folder in "${tested[@]}"; do TF_DATA_DIR="$cache/$folder" "$terraform" -chdir="$folder" test; done
