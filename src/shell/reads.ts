import { bashExpansion, bashOperator, bashWord } from './bashism.ts'
import { hereDoc } from './heredoc.ts'
import type { HereDoc } from './heredoc.ts'

/** The syntax that the scanner is inside. The innermost frame is last in its stack. */
export type Frame = 'code' | 'substitution' | 'parenthesis' | 'single' | 'double' | 'backtick' | 'brace' | 'arithmetic' | 'comment' | 'here'

export interface State {
  readonly stack: Frame[]
  readonly docs: HereDoc[]
  /** the unquoted text of the current word, with `\0` for each quoted or expanded part */
  word: string
  /** the line of a here-document so far */
  line: string
  /** parentheses open in an arithmetic expansion */
  depth: number
  /** where the piece ended in the middle of a token: an interpolation would become part of that token */
  cut: string | undefined
  /** where the scanner gave up */
  lost: string | undefined
  operator: string | undefined
  /** the first word of the current command */
  first: string | undefined
  /** how many words of the current command have been read */
  words: number
  /** the first words of the commands around the innermost substitution or parenthesis */
  readonly firsts: (string | undefined)[]
  /** the first bash-only syntax */
  bash: { what: string; instead: string } | undefined
}

/** Reads one token of the current frame and returns its length in characters. */
export type Read = (state: State, text: string, i: number) => number

export const top = ({ stack }: State): Frame => stack.at(-1)!

/** The frames that hold commands and their words. */
export const CODE: ReadonlySet<Frame> = new Set<Frame>(['code', 'substitution', 'parenthesis'])

const giveUp = (state: State, where: string): void => {
  state.lost ??= where
}

const push = (state: State, frame: Frame, length: number): number => {
  state.stack.push(frame)
  if (CODE.has(frame)) {
    state.word = ''
    state.firsts.push(state.first)
    state.first = undefined
  }
  return length
}

const pop = (state: State, length: number): number => {
  if (state.stack.length > 1 && CODE.has(state.stack.pop()!)) state.first = state.firsts.pop()
  return length
}

export const endWord = (state: State): void => {
  if (state.word !== '') {
    state.bash ??= bashWord(state.word, state.first, state.words)
    if (!/^(?:then|do|else|elif|if|while|until|!|\{|[A-Za-z_]\w*=.*)$/s.test(state.word)) {
      state.words = state.first === undefined ? 1 : state.words + 1
      state.first ??= state.word
    }
  }
  // the patterns of a case end in a parenthesis that closes nothing: only a parser knows which one ends the substitution
  if (state.word === 'case' && state.stack.includes('substitution')) giveUp(state, 'behind a case inside $( … )')
  state.word = ''
}

const operator = (state: State, c: string): void => {
  endWord(state)
  if (c !== '<' && c !== '>') state.first = undefined
  if (!state.stack.includes('substitution')) state.operator ??= c
}

const backslash: Read = (state, text, i) => {
  if (i + 1 === text.length) state.cut = 'right behind a backslash'
  return 2
}

const dollar: Read = (state, text, i) => {
  if (!state.stack.includes('arithmetic')) state.bash ??= bashExpansion(text.slice(i + 1, i + 80))
  // `$$(` is the shell's process id and a parenthesis
  if (/[$@*#?!0-9-]/.test(text[i + 1] ?? '')) return 2
  if (i + 1 === text.length) state.cut = 'right behind a $'
  if (text.startsWith('$((', i)) {
    if (state.stack.includes('arithmetic')) giveUp(state, 'behind a $((…)) in another')
    state.depth = 0
    return push(state, 'arithmetic', 3)
  }
  if (text.startsWith('$(', i)) return push(state, 'substitution', 2)
  if (text.startsWith('${', i)) return push(state, 'brace', 2)
  if (text.startsWith('$\\\n', i)) giveUp(state, 'behind a $ at the end of a continued line')
  if (text.startsWith("$'", i) && CODE.has(top(state))) state.bash ??= { what: "$'…'", instead: "give the text as a value: ${'a\\tb'}" }
  if (text.startsWith("$'", i) && top(state) !== 'double') giveUp(state, "behind $'…', which dash reads otherwise than bash")
  return 1
}

const code: Read = (state, text, i) => {
  const c = text[i]!
  if ('<>&(|'.includes(c)) state.bash ??= bashOperator(text, i, state.word, state.first)
  switch (c) {
    case ' ':
    case '\t':
      endWord(state)
      return 1
    case '\n':
      operator(state, c)
      return state.docs.length > 0 ? push(state, 'here', 1) : 1
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

const less: Read = (state, text, i) => {
  if (text.startsWith('<<<', i)) return 3
  if (!text.startsWith('<<', i)) return 1
  const doc = hereDoc(text, i)
  state.docs.push(doc)
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
  if (state.docs.length > 0) giveUp(state, 'behind a here-document that outlives its $( … )')
  state.word = '\0'
  return pop(state, 1)
}

const double: Read = (state, text, i) => {
  const c = text[i]!
  if (c === '"') return pop(state, 1)
  if (c === '\\') return backslash(state, text, i)
  if (c === '$') return dollar(state, text, i)
  return c === '`' ? push(state, 'backtick', 1) : 1
}

const brace: Read = (state, text, i) => {
  const c = text[i]!
  if (c === '}') return pop(state, 1)
  if (c === '\\') return backslash(state, text, i)
  if (c === '$') return dollar(state, text, i)
  if (c === '`') return push(state, 'backtick', 1)
  if (c !== '"' && c !== "'") return 1
  if (state.stack.includes('double') || state.stack.includes('arithmetic'))
    giveUp(state, 'behind quotes inside "${…}", which shells read differently')
  return push(state, c === '"' ? 'double' : 'single', 1)
}

const arithmetic: Read = (state, text, i) => {
  const c = text[i]!
  if (c === '\\') return backslash(state, text, i)
  if (c === '$') return dollar(state, text, i)
  if (c === '`') return push(state, 'backtick', 1)
  if (c === '(') state.depth++
  if (c === '"' || c === "'") giveUp(state, 'behind quotes inside $((…))')
  if (c !== ')') return 1
  if (state.depth-- > 0) return 1
  if (!text.startsWith('))', i)) giveUp(state, 'behind $(( that does not end in ))')
  return pop(state, 2)
}

const until =
  (end: string): Read =>
  (state, text, i) => {
    const at = text.indexOf(end, i)
    return at < 0 ? text.length - i : pop(state, at - i + 1)
  }

const here: Read = (state, text, i) => {
  const newline = text.indexOf('\n', i)
  state.line += text.slice(i, newline < 0 ? undefined : newline)
  const [doc] = state.docs
  if (doc?.tabs === true) state.line = state.line.replace(/^\t+/, '')
  if (newline < 0) return text.length - i
  if (!doc!.quoted && EXPANDS.test(state.line)) giveUp(state, 'behind a here-document that runs or continues something')
  if (state.line === doc!.delimiter) state.docs.shift()
  state.line = ''
  return state.docs.length === 0 ? pop(state, newline - i + 1) : newline - i + 1
}

// an expansion, or a line that ends in a backslash, may continue past the line that looks like the end
const EXPANDS = /`|\$\(|\$\{(?!\w+\})|\\$/

/** The reader of each frame. */
export const READ: Record<Frame, Read> = {
  code,
  substitution: code,
  parenthesis: code,
  single: until("'"),
  double,
  backtick: (state, text, i) => (text[i] === '`' ? pop(state, 1) : text[i] === '\\' ? backslash(state, text, i) : 1),
  brace,
  arithmetic,
  // the newline itself belongs to the code after the comment
  comment: (state, text, i) => (text[i] === '\n' ? pop(state, 0) : 1),
  here,
}
