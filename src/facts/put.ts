/**
 * For a shell: `put KEY VALUE` prints a line of facts. A name or the target of a link may have a line break, and what follows it would be a
 * fact of its own: of such a value it prints the first line, and a `?`. It starts no process.
 */
export const PUT = String.raw`newline='
'
put() {
  case $2 in (*"$newline"*) set -- "$1" "${'$'}{2%%$newline*}?" ;; esac
  printf '%s %s\n' "$1" "$2"
}`
