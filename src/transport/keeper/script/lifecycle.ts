/** The keeper from start to end: it introduces itself, obeys messages until its client is gone, ends what it knows of, and releases the lock. */
export const LIFECYCLE = String.raw`# the host may show its guests another clock than that of its processes
clock=
agree() {
  read -r x y </proc/uptime || return 0
  x=$((@{x%.*} - start / 100))
  [ "$x" -lt -3 ] || [ "$x" -gt 3 ] || clock=1
}
keep() {
  trap '' TERM INT HUP PIPE
  say "ready $$"
  [ -z "$login" ] || place
  read -r self x </proc/self/stat && stat "$self" && self="$self $start" && agree
  introduce
  while IFS= read -r line && obey "$line"; do :; done
  # no switch begins any more
  unmark
  seen=$kept of=$groups step='' from='' ended='' later=''
  case $of$seen in *[0-9]*) end 9>&- || { report 0 9>&-; left=1; } ;; esac
  [ -n "$left" ] || exec 9>&-
  say bye
  [ -n "$idle" ] || [ -z "$login" ] || [ -z "$SSH_CONNECTION" ] || spares 9>&-
  [ -z "$left" ] || [ -z "$held" ] || linger 9>&-
  # the clock, the reader and this shell
  kill -s KILL 0
}
left=
# the client has closed all its shells
idle=
# shells of this login that were never registered
spares() {
  for p in $(stats | awk -v me=$$ -v top=$PPID '{ p = $1; sub(/^.*[)] /, ""); if ($2 == top && p != me) print p }'); do
    case $(tr '\0' '\n' <"/proc/$p/environ") in *"SSH_CONNECTION=$SSH_CONNECTION"*) kill -s TERM "$p" ;; esac
  done
}
`.replaceAll('@{', '${')
