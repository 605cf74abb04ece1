import { CODE, endWord, top, type State, type Syntax } from './state.ts'
import { READERS } from './token-readers.ts'

/**
 * Follows shell text, and knows the syntax around each interpolation. Only where `interpolation()` returns undefined does a quoted word arrive
 * as one argument.
 */
export interface Scanner {
  /** Reads the next piece of literal text. */
  text(piece: string): void
  /** Reads an interpolation. If none can be used there, returns where it is: `inside double quotes`. */
  interpolation(): string | undefined
  /** Ends the text. Returns what was left open. */
  end(): string | undefined
  /** The first unquoted operator outside any substitution: `;`, `&`, `|`, `<`, `>`, a parenthesis, a newline. */
  readonly operator: string | undefined
  /** The first syntax that only bash understands, and what to write instead; known at the end. */
  readonly bash: { readonly what: string; readonly instead: string } | undefined
}

/**
 * Quotes, substitutions, here-documents and comments as dash, bash and busybox read them (POSIX 2.2, 2.3, 2.6). Where shells differ, or
 * only a whole parser could tell, it gives up and refuses every later interpolation: it never guesses.
 */
export const scanner = (): Scanner => {
  const state: State = {
    stack: ['code'],
    heredocs: [],
    word: '',
    line: '',
    depth: 0,
    cut: undefined,
    gaveUp: undefined,
    operator: undefined,
    first: undefined,
    words: 0,
    firsts: [],
    bash: undefined,
  }
  return {
    text(piece) {
      state.cut = undefined
      for (let i = 0; i < piece.length;) i += READERS[top(state)](state, piece, i)
    },
    interpolation() {
      const where = misplaced(state)
      state.word += '\0'
      return where
    },
    end: () => {
      if (CODE.has(top(state))) endWord(state)
      return leftOpen(state)
    },
    get bash() {
      return state.bash
    },
    get operator() {
      return state.operator
    },
  }
}

const misplaced = (state: State): string | undefined => {
  const syntax = top(state)
  if (state.gaveUp !== undefined) return state.gaveUp
  if (state.stack.includes('backtick')) return WHERE.backtick
  if (!CODE.has(syntax)) return WHERE[syntax]
  if (state.cut !== undefined) return state.cut
  return /(?:^|[=:])~[^/]*$/.test(state.word) ? 'right after a ~' : undefined
}

const leftOpen = (state: State): string | undefined => {
  if (state.cut === 'right after a backslash') return 'ends in a backslash'
  if (state.gaveUp !== undefined) return undefined
  if (top(state) === 'here' && state.line === state.heredocs[0]?.delimiter && state.heredocs.length === 1) state.stack.pop()
  else if (state.heredocs.length > 0) return 'has an open here-document'
  const open = state.stack.find((syntax) => syntax !== 'code' && syntax !== 'comment')
  return open === undefined ? undefined : `has ${OPEN[open]}`
}

const WHERE: Record<Syntax, string> = {
  code: '',
  substitution: '',
  parenthesis: '',
  single: 'inside single quotes',
  double: 'inside double quotes',
  backtick: 'inside backticks',
  brace: 'inside ${…}',
  arithmetic: 'inside $((…))',
  comment: 'in a comment',
  here: 'in a here-document',
}

const OPEN: Record<Syntax, string> = {
  code: '',
  comment: '',
  substitution: 'an open $(',
  parenthesis: 'an open (',
  single: "an open '",
  double: 'an open "',
  backtick: 'an open backtick',
  brace: 'an open ${',
  arithmetic: 'an open $((',
  here: 'an open here-document',
}
