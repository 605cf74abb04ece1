import { bashExpansion, bashOperator } from './bashism.ts'
import { readHereDoc } from './heredoc.ts'
import { CODE, endWord, giveUp, operator, pop, push, top, type State, type Syntax } from './state.ts'

/** Reads one token of the current syntax and returns its length in characters. */
export type Reader = (state: State, text: string, i: number) => number

const backslash: Reader = (state, text, i) => {
  if (i + 1 === text.length) state.cut = 'right after a backslash'
  return 2
}

const dollar: Reader = (state, text, i) => {
  if (!state.stack.includes('arithmetic')) state.bash ??= bashExpansion(text.slice(i + 1, i + 80))
  // `$$(` is the shell's process id and a parenthesis
  if (/[$@*#?!0-9-]/.test(text[i + 1] ?? '')) return 2
  if (i + 1 === text.length) state.cut = 'right after a $'
  if (text.startsWith('$((', i)) {
    if (state.stack.includes('arithmetic')) giveUp(state, 'after a $((…)) in another')
    state.depth = 0
    return push(state, 'arithmetic', 3)
  }
  if (text.startsWith('$(', i)) return push(state, 'substitution', 2)
  if (text.startsWith('${', i)) return push(state, 'brace', 2)
  if (text.startsWith('$\\\n', i)) giveUp(state, 'after a $ at the end of a continued line')
  if (text.startsWith("$'", i) && CODE.has(top(state))) state.bash ??= { what: "$'…'", instead: "give the text as a value: ${'a\\tb'}" }
  if (text.startsWith("$'", i) && top(state) !== 'double') giveUp(state, "after $'…', which dash and bash read differently")
  return 1
}

/** How many characters from `i` on mean nothing to a reader: `pattern`, sticky, matches those. Most of a template is like that. */
const plain = (pattern: RegExp, text: string, i: number): number => {
  pattern.lastIndex = i
  return pattern.test(text) ? pattern.lastIndex - i : 0
}
const IN_CODE = /[^ \t\n#<>();&|$\\'"`]+/y
const IN_DOUBLE = /[^"\\$`]+/y
const IN_COMMENT = /[^\n]+/y
const BLANK = /[ \t]+/y

const code: Reader = (state, text, i) => {
  const length = plain(IN_CODE, text, i)
  if (length > 0) {
    state.word += text.slice(i, i + length)
    return length
  }
  const c = text[i]!
  if ('<>&(|'.includes(c)) state.bash ??= bashOperator(text, i, state.word, state.first)
  switch (c) {
    case ' ':
    case '\t':
      endWord(state)
      return plain(BLANK, text, i)
    case '\n':
      operator(state, c)
      return state.heredocs.length > 0 ? push(state, 'here', 1) : 1
    case '#':
      if (state.word === '') return push(state, 'comment', 1)
      break
    case '<':
      operator(state, c)
      return less(state, text, i)
    case '(':
      operator(state, c)
      return push(state, 'parenthesis', 1)
    case ')':
      return closing(state)
    case ';':
    case '&':
    case '|':
    case '>':
      operator(state, c)
      return 1
    case '$':
      state.word += '\0'
      return dollar(state, text, i)
    case '\\':
      if (text[i + 1] !== '\n') state.word += '\0'
      return backslash(state, text, i)
    case "'":
    case '"':
    case '`':
      state.word += '\0'
      return push(state, c === "'" ? 'single' : c === '"' ? 'double' : 'backtick', 1)
  }
  state.word += c
  return 1
}

const less: Reader = (state, text, i) => {
  if (text.startsWith('<<<', i)) return 3
  if (!text.startsWith('<<', i)) return 1
  const doc = readHereDoc(text, i)
  state.heredocs.push(doc)
  if (i + doc.length >= text.length) state.cut = 'in a here-document'
  return doc.length
}

/** An extra parenthesis ends a pattern of `case` or is a syntax error. Neither affects quoting. */
const closing = (state: State): number => {
  if (top(state) !== 'substitution') {
    operator(state, ')')
    return pop(state, 1)
  }
  endWord(state)
  if (state.heredocs.length > 0) giveUp(state, 'after a here-document that outlives its $( … )')
  state.word = '\0'
  return pop(state, 1)
}

const double: Reader = (state, text, i) => {
  const length = plain(IN_DOUBLE, text, i)
  if (length > 0) return length
  const c = text[i]!
  if (c === '"') return pop(state, 1)
  if (c === '\\') return backslash(state, text, i)
  if (c === '$') return dollar(state, text, i)
  return c === '`' ? push(state, 'backtick', 1) : 1
}

const brace: Reader = (state, text, i) => {
  const c = text[i]!
  if (c === '}') return pop(state, 1)
  if (c === '\\') return backslash(state, text, i)
  if (c === '$') return dollar(state, text, i)
  if (c === '`') return push(state, 'backtick', 1)
  if (c !== '"' && c !== "'") return 1
  if (state.stack.includes('double') || state.stack.includes('arithmetic'))
    giveUp(state, 'after quotes inside "${…}", which shells read differently')
  return push(state, c === '"' ? 'double' : 'single', 1)
}

const arithmetic: Reader = (state, text, i) => {
  const c = text[i]!
  if (c === '\\') return backslash(state, text, i)
  if (c === '$') return dollar(state, text, i)
  if (c === '`') return push(state, 'backtick', 1)
  if (c === '(') state.depth++
  if (c === '"' || c === "'") giveUp(state, 'after quotes inside $((…))')
  if (c !== ')') return 1
  if (state.depth-- > 0) return 1
  if (!text.startsWith('))', i)) giveUp(state, 'after $(( that does not end in ))')
  return pop(state, 2)
}

const until =
  (end: string): Reader =>
  (state, text, i) => {
    const at = text.indexOf(end, i)
    return at < 0 ? text.length - i : pop(state, at - i + 1)
  }

const here: Reader = (state, text, i) => {
  const newline = text.indexOf('\n', i)
  state.line += text.slice(i, newline < 0 ? undefined : newline)
  const [doc] = state.heredocs
  if (doc?.tabs === true) state.line = state.line.replace(/^\t+/, '')
  if (newline < 0) return text.length - i
  if (!doc!.quoted && EXPANDS.test(state.line)) giveUp(state, 'after a here-document that runs or continues something')
  if (state.line === doc!.delimiter) state.heredocs.shift()
  state.line = ''
  return state.heredocs.length === 0 ? pop(state, newline - i + 1) : newline - i + 1
}

// an expansion, or a line that ends in a backslash, may continue past the line that looks like the end
const EXPANDS = /`|\$\(|\$\{(?!\w+\})|\\$/

/** The reader of each syntax. */
export const READERS: Record<Syntax, Reader> = {
  code,
  substitution: code,
  parenthesis: code,
  single: until("'"),
  double,
  backtick: (state, text, i) => (text[i] === '`' ? pop(state, 1) : text[i] === '\\' ? backslash(state, text, i) : 1),
  brace,
  arithmetic,
  // the newline belongs to the code after the comment
  comment: (state, text, i) => (text[i] === '\n' ? pop(state, 0) : plain(IN_COMMENT, text, i)),
  here,
}
