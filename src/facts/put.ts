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

/** The values of each key in lines `KEY VALUE`, in their order. A line without a space is left out. */
export const valuesByKey = (text: string): ReadonlyMap<string, readonly string[]> => {
  const values = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    if (space < 0) continue
    const key = line.slice(0, space)
    const all = values.get(key) ?? []
    all.push(line.slice(space + 1))
    values.set(key, all)
  }
  return values
}
