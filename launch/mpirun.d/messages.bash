# What mpirun and the ranks say: a line in place of mpirun's many, and nothing where a rank has said why it ends.
# Read by launch/mpirun.

listen_anew() { # before each start
  said=no          # whether anything has been said about the job's end
  unsaid=''        # what is said at the end if nobody else has said anything
  verdict=''       # an exit code in place of mpirun's
  died_of_signal=0 # the signal that ended a rank
  block=''         # lines between two lines of dashes, which are mpirun's
  in_block=no
}

complain() {
  say "$*"
  said=yes
}

# One line for each kind of mpirun's messages; other messages are passed on as they are.
condense() {
  local text=$* hint=''
  if [[ $text =~ "rank "([0-9]+)" with PID "[0-9]+" on node "([^ ]+)" exited on signal "([0-9]+)" ("([^\)]*) ]]; then
    died_of_signal=${BASH_REMATCH[3]}
    ((asked_at && died_of_signal == usr1)) && return # it was still loading
    ((died_of_signal == 9)) && hint=' (the system does so where memory runs out)'
    complain "rank ${BASH_REMATCH[1]} on ${BASH_REMATCH[2]} was ended by signal $died_of_signal," \
      "${BASH_REMATCH[4]}$hint, and the job with it"
  elif [[ $text =~ "Process name: [["[0-9]+,[0-9]+],([0-9]+)]" Exit code: "([0-9]+) ]]; then
    ((BASH_REMATCH[2] == 75)) || unsaid="rank ${BASH_REMATCH[1]} ended with exit code ${BASH_REMATCH[2]}"
  elif [[ $text =~ "MPI_ABORT was invoked on rank "([0-9]+)" in communicator ".*" with errorcode "([0-9]+) ]]; then
    unsaid="rank ${BASH_REMATCH[1]} ended the job with exit code ${BASH_REMATCH[2]}"
  elif [[ $text =~ "lost communication with a remote daemon".*"Remote daemon: "([^ ]+)" on node "([^ ]+) ]]; then
    complain "${BASH_REMATCH[2]} does not answer any more (the host or its link is down, or mpirun's daemon there was" \
      "ended), and the job is ended; from the last checkpoint it goes on with --resume"
  elif [[ $text =~ "not enough slots available in the system to satisfy the "([0-9]+)" slots" ]]; then
    verdict=2
    complain "the hosts have fewer slots than the ${BASH_REMATCH[1]} ranks asked for; ask for fewer, give more slots" \
      "(HOST slots=N in the host file, --host HOST:N), or add --oversubscribe"
  elif [[ $text =~ "Executable: "([^ ]+) ]]; then
    verdict=2
    complain "cannot start ${BASH_REMATCH[1]}: there is no such program, or no right to run it; expected mpirun's" \
      "options, then a program"
  elif [[ $text =~ "does not match the expected format: Option: "([^ ]+)" Param: "(.*)" This is" ]]; then
    verdict=2
    complain "the option -${BASH_REMATCH[1]} is given '${BASH_REMATCH[2]}'; expected a value of another form," \
      "as in -n 4"
  elif [[ $text == *"No executable was specified"* || $text == *"could not find anything to do"* ]]; then
    verdict=2
    complain "which program? expected mpirun's options, then a program, as in -n 2 build/release/ganymede train mlp"
  elif [[ $text != *"a non-zero exit code. Per user-direction, the job has been aborted."* ]]; then
    return 1
  fi
}

end_block() {
  local parts
  read -rd "" -a parts <<<"$block"
  condense "${parts[*]}" || { printf '%s' "$block" >&$errors && said=yes; }
  block='' in_block=no
}

hear() {
  if [[ $1 =~ ^(.*[^-])?-{60,}$ ]]; then
    [[ ${BASH_REMATCH[1]} ]] && hear "${BASH_REMATCH[1]}" # a rank's words without an end of line
    if [[ $in_block == yes ]]; then end_block; else in_block=yes; fi
  elif [[ $in_block == yes ]]; then
    block+=$1$'\n'
  else
    case $1 in
      '['*'] Read -1, expected '* | '['*'] Wrote -1, expected '* | \
        '[warn] Epoll '*' failed. Old events were '*) ;; # from or to a rank that has just ended
      'mpirun: Forwarding signal '* | "Type 'mpirun --help' for usage." | '['*'] '*' sent help message '* | \
        '['*'] '*ORTE_ERROR_LOG*show_help* | '['*'] Set MCA parameter "orte_base_help_aggregate"'*) ;;
      'mpirun: Error: '*)
        verdict=2
        complain "${1#mpirun: Error: }; mpirun --help shows its options"
        ;;
      *)
        printf '%s\n' "$1" >&$errors
        said=yes
        ;;
    esac
  fi
}

