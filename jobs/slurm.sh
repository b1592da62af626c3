#!/bin/sh
# A campaign as an array of Slurm: build once (cargo build -p xtask), then
#
#   job=$(sbatch --parsable jobs/slurm.sh --seeds 0..8000)
#   sbatch --dependency=afterany:"$job" --wrap jobs/merge.sh
#
#SBATCH --job-name=campaign
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --time=01:00:00
#SBATCH --output=target/campaign-%a.log
set -eu

cd "${SLURM_SUBMIT_DIR:-.}"
exec jobs/shard.sh "$@"
