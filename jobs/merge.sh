#!/bin/sh
# Puts the shards of a campaign together: prints what one run would have printed, ends with its
# code, and writes the whole to $CAMPAIGN/../campaign.jsonl.
#
#   jobs/merge.sh [arguments of `merge`]
set -eu

folder=${CAMPAIGN:-target/testimony/campaign}
exec ${TESTIMONY:-cargo xtask} merge "$folder" --out "$folder/../campaign.jsonl" "$@"
