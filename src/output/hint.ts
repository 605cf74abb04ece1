import { width, wrap } from '../values/width.ts'

/** Breaks a hint into lines: prose between words. A command that does not fit gets a line of its own, whole, so that you can copy it. */
export const hintLines = (text: string, columns: number): string[] =>
  text
    .split('\n')
    .flatMap((line) =>
      width(line) <= columns
        ? [line]
        : parts(line).flatMap((part) => (part.command ? [part.text] : part.text === '' ? [] : proseLines(part.text, columns))),
    )

/** Breaks a text between words; the code in it stays whole. */
export const proseLines = (text: string, columns: number): string[] =>
  width(text) <= columns
    ? [text]
    : wrap(
        text.replace(CODE, (code) => code.replaceAll(' ', JOINER)),
        columns,
      ).map((line) => line.replaceAll(JOINER, ' '))

/** A template, or an object with at most one inside: sh`…`, `{ web: { exec: … } }`. */
const CODE = /\bsh(?:\.bash)?`[^`]*`|\{ (?:[^{}]|\{[^{}]*\})*\}/g

/** Takes the place of a space at which a line must not break. It is one column wide too. */
const JOINER = '\u00a0'

interface Part {
  readonly text: string
  readonly command: boolean
}

/** A sudoers rule, which is a whole line. */
const RULE = /^\S+ ALL ?= ?\(/

const PROGRAMS =
  'sudo|shipit|ssh|scp|ssh-(?:keygen|keyscan|add|copy-id)|cp|mv|rm|ln|mkdir|chown|chmod|apt-get|visudo|loginctl|systemctl|journalctl|' +
  'systemd-analyze|initctl|export|getent|df|npm|npx|kill|printf|git (?:-C|config|ls-remote|lfs|fetch|fsck|push|clone|remote)'

/** Where a command begins: at the start, after words that introduce it, or in brackets if more than one word follows its program. */
const BEGIN = new RegExp(
  `(^|[:;] |, (?:or |and |then )?|\\b(?:[Tt]hen|try|e\\.g\\.) )(?=(?:${PROGRAMS}) )| \\((?=(?:${PROGRAMS}) [^ ()]+ [^ ()])`,
)

/** `open`: the line began inside brackets, which the result drops. */
const parts = (line: string, open = false): Part[] => {
  if (RULE.test(line)) return [{ text: line, command: true }]
  const match = BEGIN.exec(line)
  if (!match) return [{ text: open ? withoutClosing(line) : line, command: false }]
  const from = match.index + match[0].length
  const to = from + endOf(line.slice(from))
  const before = line.slice(0, from).trimEnd()
  const lead = open ? withoutClosing(before) : before
  const opened = lead.lastIndexOf(' (') > lead.lastIndexOf(')')
  const closed = line[to] === ')'
  const rest = line.slice(closed ? to + 1 : to).replace(/^(?:[;,.]? |\?$)/, '')
  return [
    { text: opened ? withoutOpening(lead) : lead, command: false },
    { text: line.slice(from, to), command: true },
    ...(rest === '' ? [] : parts(rest, !closed && (opened || (open && lead === before)))),
  ]
}

/** Drops the bracket before a command, because the command gets a line of its own. */
const withoutOpening = (lead: string): string => (lead.endsWith(' (') ? `${lead.slice(0, -2)}:` : lead.replace(/ \(([^(]*)$/, ', $1'))

const withoutClosing = (text: string): string => text.replace(/^([^()]*)\)/, '$1')

/** The length of the command that starts the text: up to the first punctuation of prose outside quotes. */
const endOf = (text: string): number => {
  let quote = ''
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!
    if (sign === '\\' && quote !== "'") i++
    else if (quote !== '') quote = sign === quote ? '' : quote
    else if (sign === "'" || sign === '"') quote = sign
    else if (sign === ')' && depth-- === 0) return i
    else if (/^(?:[;,] | \(|\. \p{Lu})/u.test(text.slice(i, i + 3))) return i
    else if (sign === '(') depth++
  }
  return text.length
}
