# Signals: what comes to launch/mpirun becomes one request to the ranks, a second one ends the job at once. Read by
# launch/mpirun.

readonly together=1000000   # microseconds in which several signals count as one: a closed terminal sends some
readonly starting=3000000   # in which ranks on other hosts may not have started yet
readonly between=200000     # the two SIGUSR1 for the ranks
readonly patience=8000000   # that mpirun gets to end the job after the second signal
readonly look_every=5000000 # after which ranks that are stopped are looked for again

usr1=$(kill -l USR1)
asked_at=0 times_told=0 told_at=0 forced_by='' forced_at=0

children_of_mpirun() { cat "/proc/$job/task/"*/children; }

# mpirun passes a signal on to the ranks that there are: one that comes too early is lost.
ranks_have_started() {
  if [[ $several_hosts == yes ]]; then
    ((now - started_at > starting))
  else
    [[ $(children_of_mpirun) ]]
  fi
}

kill_everything() {
  local processes
  processes=$(grep -slzxF "GANYMEDE_LAUNCH=$GANYMEDE_LAUNCH" /proc/[0-9]*/environ) || return 0
  processes=${processes//[^0-9$'\n']/}
  kill -KILL $processes
}

name_stopped_ranks() {
  local process stat rank variable
  for process in $(children_of_mpirun); do
    stat=$(<"/proc/$process/stat")
    [[ ${stat##*) } == T* && $named != *" $process "* ]] || continue
    named+=" $process "
    while IFS= read -rd '' variable; do
      [[ $variable == OMPI_COMM_WORLD_RANK=* ]] && rank=${variable#*=}
    done <"/proc/$process/environ"
    say "rank ${rank:-?} is stopped, and the others wait for it: kill -CONT $process lets it go on"
  done
}

act() {
  local count=${#signals[@]}
  if ((count)); then
    local last=${signals[count - 1]}
    signals=("${signals[@]:count}")
    if ((asked_at == 0)); then
      asked_at=$now
    elif [[ ! $forced_by ]] && ((now - asked_at > together)); then
      forced_by=$last forced_at=$now
      kill -TERM "$job"
    fi
  fi
  # A rank that is just being made may miss the first; two soon after each other count as one.
  if ((asked_at && times_told < 2 && now - told_at >= between)) && [[ ! $forced_by ]]; then
    ranks_have_started && kill -USR1 "$job" && times_told=$((times_told + 1)) told_at=$now
  fi
  [[ $forced_by ]] && ((now - forced_at > patience)) && kill_everything
  if ((now - looked_at > look_every)); then
    looked_at=$now
    name_stopped_ranks
  fi
}

