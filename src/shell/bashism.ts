/** Words that only bash has, where a command begins, and what to write in sh. */
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
}

/** What of a word, as it stands unquoted, is bash's alone: what it is, and what to write instead. `first`: the command it is a word of. */
export const bashWord = (word: string, first: string | undefined): { what: string; instead: string } | undefined => {
  if (first === undefined && Object.hasOwn(COMMANDS, word)) return { what: word, instead: COMMANDS[word]! }
  if (/^[^\0$]*\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}/.test(word))
    return { what: 'a brace expansion {a,b}', instead: "write the words, or give a list: ${['a', 'b']}" }
  if (word === '==' && first === '[') return { what: '== in [ … ]', instead: 'write =' }
  if (first === 'local' && /^-[aAn]/.test(word)) return { what: `local ${word}`, instead: 'give a list of TypeScript: ${list}' }
  return word === 'pipefail' && first === 'set'
    ? { what: 'pipefail', instead: 'write the first part into a file, and go on from that' }
    : undefined
}

/** Operators that only bash has, at a place of unquoted text. */
export const bashOperator = (text: string, i: number, word: string): { what: string; instead: string } | undefined => {
  if (/^[<>]\(/.test(text.slice(i, i + 2))) return { what: 'a process substitution <( … )', instead: 'write into a file first' }
  if (text.startsWith('<<<', i)) return { what: 'a here-string <<<', instead: 'write printf ... | command' }
  if (text.startsWith('|&', i)) return { what: '|&', instead: 'write 2>&1 |' }
  if (text.startsWith('&>', i)) return { what: '&>', instead: 'write >file 2>&1' }
  return text[i] === '(' && /^[A-Za-z_]\w*\+?=$/.test(word)
    ? { what: 'an array', instead: 'interpolate a TypeScript list: ${list}' }
    : undefined
}
