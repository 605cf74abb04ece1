/** A `%` starts a specifier anywhere in a unit file (systemd.unit(5)). */
export const literal = (text: string): string => text.replaceAll('%', '%%')

/** One assignment of Environment=, where `$` is not special (systemd.exec(5)). */
export const assignment = (name: string, value: string | number): string => `"${inside(literal(`${name}=${value}`), '"')}"`

/** A command line of ExecStart=: `$` starts a variable in its arguments, and is an ordinary character in its program (systemd.service(5)). */
export const execLine = (words: readonly string[]): string =>
  words.map((word, i) => quoted(i === 0 ? literal(word) : literal(word).replaceAll('$', () => '$$'))).join(' ')

const quoted = (text: string): string => {
  if (/^[\w@%+=:,./$-]+$/.test(text)) return text
  const mark = text.includes("'") ? '"' : "'"
  return `${mark}${inside(text, mark)}${mark}`
}

/** C-style escapes work in both kinds of quotes (systemd.syntax(7)). */
const inside = (text: string, mark: string): string => text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`)
