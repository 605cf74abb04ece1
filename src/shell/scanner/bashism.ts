/** Commands and keywords that only bash has, and what to write in sh. */
const COMMANDS: Readonly<Record<string, string>> = {
  '[[': 'write [ … ], with = for ==',
  source: 'write . ~/.bashrc',
  function: 'write name() { … }',
  declare: 'write NAME=value',
  typeset: 'write NAME=value',
  shopt: 'leave it out',
  let: 'write NAME=$((…))',
  pushd: 'use .in(dir)',
  popd: 'use .in(dir)',
  mapfile: 'write while read -r line; do …; done',
  readarray: 'write while read -r line; do …; done',
  select: 'leave it out: nothing can answer its prompt',
  coproc: 'write a pipe, or a file',
  disown: 'use .daemon()',
  builtin: 'leave it out',
}

/** Arguments that only bash takes, by command; `option`: only right after the command. dash rejects them or reads them as plain text. */
const ARGUMENTS: Readonly<Record<string, readonly [word: RegExp, instead: string, option?: 'option']>> = {
  '[': [/^==$/, 'write ='],
  test: [/^==$/, 'write ='],
  local: [/^-[aAn]/, 'interpolate a TypeScript list: ${list}', 'option'],
  set: [/^pipefail$/, 'write the first part into a file, and continue from there'],
  echo: [/^-[neE]*[eE][neE]*$/, String.raw`write printf '%b\n' …`, 'option'],
  read: [/^-[a-z]*[adinNstu]/, 'write read -r'],
  export: [/^-[fn]/, 'call what it exports in the same command', 'option'],
  trap: [/^(?:ERR|DEBUG|RETURN|SIG[A-Z]+)$/, 'write EXIT, or a signal without SIG'],
  kill: [/^-SIG/, 'write the signal without SIG: kill -TERM', 'option'],
  type: [/^-/, 'write command -v', 'option'],
  printf: [/^-v/, 'write NAME=$(printf …)', 'option'],
  wait: [/^-n/, 'write wait, or wait PID', 'option'],
  exec: [/^-[acl]/, 'leave the option out', 'option'],
}

/** Text after a `$` that dash rejects or expands to nothing. */
const EXPANSION =
  /^(?:\{(?:![A-Za-z_]|#?[A-Za-z_]\w*\[|[A-Za-z_]\w*(?:[/^,@]|: *[\d$(]|: +-\d))|\{?(?:RANDOM|BASH_SOURCE|BASHPID|PIPESTATUS|FUNCNAME)\b)/

/** The bash-only part of an expansion; `text` begins after its `$`. */
export const bashExpansion = (text: string): { what: string; instead: string } | undefined => {
  const [found] = EXPANSION.exec(text) ?? []
  return found === undefined
    ? undefined
    : { what: `$${found}${found.startsWith('{') ? '…}' : ''}`, instead: 'compute it in TypeScript, or with sed, awk or cut' }
}

/**
 * The bash-only syntax in an unquoted word, and what to write instead. `first`: the command that the word belongs to; `before`: how many
 * words of the command precede it.
 */
export const bashWord = (word: string, first: string | undefined, before: number): { what: string; instead: string } | undefined => {
  if (first === undefined && Object.hasOwn(COMMANDS, word)) return { what: word, instead: COMMANDS[word]! }
  if (word.includes('{') && /^[^\0$]*\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}/.test(word))
    return { what: 'a brace expansion {a,b}', instead: "write the words, or give a list: ${['a', 'b']}" }
  if (first === undefined && word.includes('=') && /^[A-Za-z_]\w*(?:\[[^\]=]*\]\+?|\+)=/.test(word))
    return { what: word.replace(/=.*/s, '='), instead: 'write NAME="$NAME…", or interpolate a TypeScript list: ${list}' }
  const [only, instead, option] = first !== undefined && Object.hasOwn(ARGUMENTS, first) ? ARGUMENTS[first]! : []
  if (option !== undefined && before > 1) return undefined
  return only?.test(word) === true && instead !== undefined ? { what: word === 'pipefail' ? word : `${first} ${word}`, instead } : undefined
}

/** The operator at position `i` of unquoted text, if only bash has it. */
export const bashOperator = (
  text: string,
  i: number,
  word: string,
  first: string | undefined,
): { what: string; instead: string } | undefined => {
  if (/^[<>]\(/.test(text.slice(i, i + 2))) return { what: 'a process substitution <( … )', instead: 'write into a file first' }
  if (text.startsWith('<<<', i)) return { what: 'a here-string <<<', instead: 'write printf ... | command' }
  if (text.startsWith('|&', i)) return { what: '|&', instead: 'write 2>&1 |' }
  if (text.startsWith('&>', i)) return { what: '&>', instead: 'write >file 2>&1' }
  // `((a); (b))` is a subshell inside another
  if (/^\(\([^()]*\)\)/.test(text.slice(i))) return { what: '(( … ))', instead: 'write NAME=$((…)), or [ … ]' }
  if (text[i] === '(' && /[?*+@!]$/.test(word) && (first !== undefined || word !== '!'))
    return { what: `a pattern ${word.at(-1)}( … )`, instead: 'write the names, or use find' }
  return text[i] === '(' && /^[A-Za-z_]\w*\+?=$/.test(word)
    ? { what: 'an array', instead: 'interpolate a TypeScript list: ${list}' }
    : undefined
}
