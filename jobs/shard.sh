#!/bin/sh
# Runs one shard of a campaign, wherever it runs.
#
#   jobs/shard.sh INDEX/COUNT [arguments of `check`]
#
# Without INDEX/COUNT the number comes from the engine: Slurm's array task, Kubernetes' completion
# index, or the variables SHARD and SHARDS. What the shard found is written to
# $CAMPAIGN/shard-INDEX.campaign.jsonl, runs that failed to $TESTIMONY_DIR (both below
# target/testimony unless set). When all shards have ended: jobs/merge.sh.
set -eu

case "${1:-}" in
*/*)
    shard=$1
    shift
    ;;
*)
    if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
        # Arrays may be counted from 0 or from 1.
        index=$((SLURM_ARRAY_TASK_ID - ${SLURM_ARRAY_TASK_MIN:-1} + 1))
        count=$SLURM_ARRAY_TASK_COUNT
    elif [ -n "${JOB_COMPLETION_INDEX:-}" ]; then
        # Kubernetes counts from 0 and does not tell how many there are.
        index=$((JOB_COMPLETION_INDEX + 1))
        count=$SHARDS
    else
        index=$SHARD
        count=$SHARDS
    fi
    shard=$index/$count
    ;;
esac

folder=${CAMPAIGN:-target/testimony/campaign}
mkdir -p "$folder"
exec ${TESTIMONY:-cargo xtask} check --shard "$shard" \
    --out "$folder/shard-${shard%/*}.campaign.jsonl" "$@"
