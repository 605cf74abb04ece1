import { wrapWords } from './table.ts'
import { width } from './width.ts'

/** A hint in lines: prose is broken between words; a command that does not fit has a line of its own and stays whole, to be copied. */
export const hintLines = (text: string, columns: number): string[] =>
  text
    .split('\n')
    .flatMap((line) =>
      width(line) <= columns
        ? [line]
        : parts(line).flatMap((part) => (part.command ? [part.text] : part.text === '' ? [] : wrapWords(part.text, columns))),
    )

interface Part {
  readonly text: string
  readonly command: boolean
}

/** A rule of sudoers, a whole line. */
const RULE = /^\S+ ALL ?= ?\(/

const PROGRAMS =
  'sudo|shipit|ssh|scp|ssh-(?:keygen|keyscan|add|copy-id)|cp|mv|rm|ln|mkdir|chown|chmod|apt-get|visudo|loginctl|systemctl|journalctl|' +
  'systemd-analyze|export|getent|df|npm|npx|kill|printf|git (?:-C|config|ls-remote|lfs|fetch|fsck|push|clone|remote)'

/** Where a command begins: at the beginning, or after what leads to it. */
const BEGIN = new RegExp(`(^|[:;] |, (?:or |and |then )?|\\b(?:[Tt]hen|try|e\\.g\\.) )(?=(?:${PROGRAMS}) )`)

const parts = (line: string): Part[] => {
  if (RULE.test(line)) return [{ text: line, command: true }]
  const match = BEGIN.exec(line)
  if (!match) return [{ text: line, command: false }]
  const from = match.index + match[0].length
  const to = from + endOf(line.slice(from))
  const rest = line.slice(to).replace(/^[;,.]? /, '')
  return [
    { text: line.slice(0, from).trimEnd(), command: false },
    { text: line.slice(from, to), command: true },
    ...(rest === '' ? [] : parts(rest)),
  ]
}

/** How long the command is that a text begins with: up to a sign of prose that is in no quotes. */
const endOf = (text: string): number => {
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!
    if (sign === '\\' && quote !== "'") i++
    else if (quote !== '') quote = sign === quote ? '' : quote
    else if (sign === "'" || sign === '"') quote = sign
    else if (/^(?:[;,] | \(|\. \p{Lu})/u.test(text.slice(i, i + 3))) return i
  }
  return text.length
}
