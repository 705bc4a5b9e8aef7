# shellcheck shell=bash disable=SC2034
# What the batch scripts share. They source it where sbatch was called: in a checkout.

[[ ${SLURM_JOB_ID-} ]] || {
  echo "$0 is a batch script; start it by sbatch [OPTION...] $0 ..." >&2
  exit 2
}

complain() { printf '%s: %s\n' "$SLURM_JOB_NAME" "$*" >&2; }

# The words that start the program, as in GANYMEDE='apptainer exec ganymede.sif ganymede'.
read -ra ganymede <<<"${GANYMEDE:-launch/ganymede}"
command -v "${ganymede[0]}" >/dev/null || {
  complain "there is no ${ganymede[0]} in $PWD; call sbatch in the checkout, or set GANYMEDE"
  exit 1
}

# The ranks have all cores of the job. srun does not take --cpus-per-task over from sbatch.
ranks=${SLURM_NTASKS:-$SLURM_JOB_NUM_NODES}
ranks_per_node=$(((ranks + SLURM_JOB_NUM_NODES - 1) / SLURM_JOB_NUM_NODES))
cores=${SLURM_CPUS_PER_TASK:-$((SLURM_CPUS_ON_NODE / ranks_per_node))}
export OMP_NUM_THREADS=$cores

# A rank sees one GPU, the nearest; several see the same where there are fewer GPUs than ranks.
gpus=()
((${SLURM_GPUS_ON_NODE:-0})) &&
  gpus=("--gpu-bind=single:$(((ranks_per_node + SLURM_GPUS_ON_NODE - 1) / SLURM_GPUS_ON_NODE))")

# [OPTION OF srun...] COMMAND...; a rank that fails ends the others, which would wait for it.
on_ranks() {
  srun --mpi=pmix --kill-on-bad-exit=1 --ntasks="$ranks" --cpus-per-task="$cores" "${gpus[@]}" "$@"
}

newest_checkpoint() { find "$1/checkpoints" -name 'step_*[0-9]' 2>/dev/null | sort | tail -n 1; } # RUN

has_trained=no # in this start of the job

train() { # RUN WORD...; goes on where there is a checkpoint
  local before code
  before=$(newest_checkpoint "$1")
  on_ranks "${ganymede[@]}" train "${@:2}" --run "$1" --resume
  code=$?
  [[ $(newest_checkpoint "$1") == "$before" ]] || has_trained=yes
  return $code
}

# With a checkpoint, or by a signal so early that the program did not know it yet: srun ends the other ranks by SIGTERM.
is_stopped() { (($1 == 75 || $1 == 128 + $(kill -l USR1) || $1 == 128 + $(kill -l TERM))); } # EXIT_CODE

# A job whose time does not suffice for a step would start for ever: it is held after its second such start.
queue_again() {
  # SLURM_JOB_ID of the last element of an array is that of the whole array.
  local job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_}${SLURM_ARRAY_TASK_ID:-$SLURM_JOB_ID}
  if [[ $has_trained == yes ]] || ((${SLURM_RESTART_COUNT:-0} == 0)); then
    complain "stopped; the job queues again, and goes on from its last checkpoint"
    scontrol requeue "$job"
  else
    complain "stopped $SECONDS s after the start, before anything was trained, and held; if time was short, give it more" \
      "(scontrol update jobid=$job timelimit=...); scontrol release $job lets it go on"
    scontrol requeuehold "$job"
  fi
}
