# Which hosts a job starts again with, when some are lost. Read by launch/mpirun.

# NAME SLOTS of each host in a list of --host (a,b:2) or in a host file; without a number of slots, 1.
hosts_of_list() { tr , '\n' <<<"$1" | awk -F : '{print $1, ($2 == "" ? 1 : $2)}'; }
hosts_of_file() {
  awk '{sub(/#.*/, "")} NF {slots = 1; for (i = 2; i <= NF; i++) if (split($i, pair, "=") == 2 && pair[1] == "slots")
    slots = pair[2]; print $1, slots}' "$1"
}

is_here() { [[ $1 == localhost || $1 == "$(hostname)" || $1 == "$(hostname -s)" ]]; }

answers() {
  local agent=${OMPI_MCA_plm_rsh_agent:-ssh}
  is_here "$1" && return
  # shellcheck disable=SC2086 # several words each
  timeout 10 $agent ${OMPI_MCA_plm_rsh_args:-} -o BatchMode=yes -o ConnectTimeout=5 "$1" true </dev/null >/dev/null 2>&1
}

lost=() # hosts that have not answered

ask() { # HOST... ; adds those that do not answer to `lost`
  local host pids=()
  for host in "$@"; do
    answers "$host" &
    pids+=($!)
  done
  for host in "$@"; do
    wait "${pids[0]}" || lost+=("$host")
    pids=("${pids[@]:1}")
  done
}

is_lost() { [[ " ${lost[*]} " == *" $1 "* ]]; }

left_of_list() {
  local entry left=()
  IFS=, read -ra entries <<<"$1"
  for entry in "${entries[@]}"; do is_lost "${entry%%:*}" || left+=("$entry"); done
  local IFS=,
  echo "${left[*]}"
}

left_of_file() {
  local line host
  while IFS= read -r line || [[ $line ]]; do
    read -r host _ <<<"${line%%#*}"
    { [[ ! $host ]] || is_lost "$host"; } || printf '%s\n' "$line"
  done <"$1"
}

written=() # host files of our own
trap 'rm -f "${written[@]}"' EXIT

write_left_of() { # HOSTFILE; the new one is the last of `written`
  written+=("$(mktemp "${TMPDIR:-/tmp}/ganymede-hosts.XXXXXX")")
  left_of_file "$1" >"${written[-1]}"
}

leave_out_of_words() {
  local i
  for i in "${host_lists[@]}"; do words[i]=$(left_of_list "${words[i]}"); done
  for i in "${host_files[@]}"; do
    write_left_of "${words[i]}"
    words[i]=${written[-1]}
  done
  if [[ ${OMPI_MCA_orte_default_hostfile:-} ]]; then
    write_left_of "$OMPI_MCA_orte_default_hostfile"
    export OMPI_MCA_orte_default_hostfile=${written[-1]}
  fi
}

# Takes the hosts that do not answer out of the lists, and their share of the ranks out of -n. False if none is left.
leave_lost_hosts() {
  local i host slots total=0 left=0
  local -A slots_of=()
  while read -r host slots; do slots_of[$host]=$slots; done < <(
    hosts_of_file "${OMPI_MCA_orte_default_hostfile:-/dev/null}"
    for i in "${host_files[@]}"; do hosts_of_file "${words[i]}"; done
    for i in "${host_lists[@]}"; do hosts_of_list "${words[i]}"; done
  )
  lost=()
  ask "${!slots_of[@]}"
  for host in "${!slots_of[@]}"; do
    total=$((total + slots_of[$host]))
    is_lost "$host" || left=$((left + slots_of[$host]))
  done
  ((left)) || return 1
  ((left < total)) || return 0
  leave_out_of_words
  for i in "${rank_counts[@]}"; do
    words[i]=$((10#${words[i]} * left / total))
    ((words[i])) || words[i]=1
  done
}
