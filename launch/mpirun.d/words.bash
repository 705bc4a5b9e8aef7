# What the words of the command ask for, and what is chosen where they leave it open. Read by launch/mpirun.

dry_run=no restarts=0 shrink=no # launch/mpirun's own options
words=()                        # mpirun's options, program, arguments
ranks=0 several_hosts=no places_ranks=no may_crowd=yes resumes=no passes_environment=no
rank_counts=() host_files=() host_lists=() # [..] places in `words` of what -n, --hostfile, --host are given

refuse() {
  say "$*"
  exit 2
}

# launch/mpirun's own options stand before all others.
read_own_words() {
  while true; do
    case ${1:-} in
      --dry-run) dry_run=yes ;;
      --shrink) shrink=yes ;;
      --restarts)
        [[ ${2:-} =~ ^[0-9]{1,4}$ ]] || refuse "--restarts is given '${2:-}'; expected a number, as in --restarts 3"
        restarts=$((10#$2))
        shift
        ;;
      *) break ;;
    esac
    shift
  done
  words=("$@")
}

# mpirun's options, which stand before each program, tell how many ranks there will be and who decides where.
read_words() {
  local i option two=' mca gmca ' one=' am app bind-to c cf cpu-list cpu-set cpus-per-proc cpus-per-rank debugger '
  one+='default-hostfile H hnp host hostfile launch-agent machinefile map-by max-restarts max-vm-size N n np npernode '
  one+='npersocket ompi-server output-filename path personality ppr prefix preload-files rank-by report-events '
  one+='report-pid report-uri rf rankfile stdin timeout tune wd wdir x xml-file xterm '
  for ((i = 0; i < ${#words[@]}; i++)); do
    if [[ ${words[i]} != -* ]]; then # a program: its arguments end at a colon, behind which options begin again
      for (( ; i < ${#words[@]}; i++)); do
        [[ ${words[i]} == : ]] && break
        [[ ${words[i]} == --resume ]] && resumes=yes
      done
      continue
    fi
    option=${words[i]#-}
    option=${option#-}
    case $option in
      n | np | c)
        [[ ${words[i + 1]:-} =~ ^[0-9]+$ ]] && ranks=$((ranks + 10#${words[i + 1]})) && rank_counts+=($((i + 1)))
        ;;
      N | npernode) [[ ${words[i + 1]:-} =~ ^[0-9]+$ ]] && ranks=$((ranks + 10#${words[i + 1]})) ;;
      H | host) several_hosts=yes host_lists+=($((i + 1))) ;;
      hostfile | machinefile | default-hostfile) several_hosts=yes host_files+=($((i + 1))) ;;
      app) several_hosts=yes ;;
      x) passes_environment=yes ;;
      bind-to* | map-by | by* | cpus-per-* | cpu-* | npersocket | ppr | rf | rankfile) places_ranks=yes ;;
      nooversubscribe) may_crowd=no ;;
    esac
    if [[ $two == *" $option "* ]]; then i=$((i + 2)); elif [[ $one == *" $option "* ]]; then i=$((i + 1)); fi
  done
  # A batch system or a default host file may bring hosts, too.
  [[ ${OMPI_MCA_orte_default_hostfile:-}${PBS_NODEFILE:-}${LSB_DJOB_HOSTFILE:-}${PE_HOSTFILE:-} ]] && several_hosts=yes
  ((${SLURM_JOB_NUM_NODES:-1} > 1)) && several_hosts=yes
}

check_own_words() {
  if ((restarts)) && [[ $resumes == no ]]; then
    refuse "--restarts gives the same command again, which must go on with what it has saved: expected --resume among" \
      "its words, as in train RECIPE --run DIR --resume"
  elif [[ $shrink == yes ]]; then
    ((restarts)) || refuse "--shrink says with which hosts a job starts again; expected --restarts N, too"
    [[ ${host_lists[*]}${host_files[*]}${OMPI_MCA_orte_default_hostfile:-} ]] ||
      refuse "--shrink leaves hosts out of a list; expected --hostfile FILE or --host LIST"
  fi
}

chosen=() # NAME=VALUE of what mpirun finds set

choose() { # NAME VALUE; one that is set already stays
  [[ -v $1 ]] && return
  export "$1=$2"
  chosen+=("$1=$2")
}

# What ranks on other hosts need to see of this environment, as mpirun's -x would pass it on.
passed_on() {
  local name passed=()
  for name in $(compgen -e); do
    case $name in
      GANYMEDE_LAUNCH) ;;
      GANYMEDE_* | OMP_* | GOMP_* | MKL_* | LD_LIBRARY_PATH) passed+=("$name") ;;
    esac
  done
  local IFS=';'
  echo "${passed[*]}"
}

choose_defaults() {
  choose OMPI_ALLOW_RUN_AS_ROOT 1
  choose OMPI_ALLOW_RUN_AS_ROOT_CONFIRM 1
  if [[ $several_hosts == yes ]]; then
    # A host that is gone is noticed after 5 + 3 x 2 seconds, not after eight minutes.
    choose OMPI_MCA_oob_tcp_keepalive_time 5
    choose OMPI_MCA_oob_tcp_keepalive_intvl 2
    choose OMPI_MCA_oob_tcp_keepalive_probes 3
    # mpirun would bind two ranks to a core each, however many threads they have.
    [[ $places_ranks == no ]] && choose OMPI_MCA_hwloc_base_binding_policy none
    local environment
    environment=$(passed_on)
    [[ $environment && $passes_environment == no ]] && choose OMPI_MCA_mca_base_env_list "$environment"
    return
  fi
  local cores
  cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
  [[ $may_crowd == yes ]] && choose OMPI_MCA_rmaps_base_oversubscribe 1
  ((ranks > cores)) && choose OMPI_MCA_mpi_yield_when_idle 1
  ((ranks != 0 && ranks != cores)) && [[ $places_ranks == no ]] &&
    choose OMPI_MCA_hwloc_base_binding_policy none
}
