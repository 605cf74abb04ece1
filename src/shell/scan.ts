import { CODE, endWord, READ, top } from './reads.ts'
import type { Frame, State } from './reads.ts'

/** Follows shell text and knows where in it a place is. Only where `hole()` has no complaint does a quoted word arrive as one argument. */
export interface Scanner {
  /** The next piece of literal text; two pieces have an interpolation between them. */
  text(piece: string): void
  /** An interpolation stands here: where that is, when it is no place for one. */
  hole(): string | undefined
  /** The text is over: what was left open. */
  end(): string | undefined
  /** The first unquoted operator outside any substitution: `;`, `&`, `|`, `<`, `>`, a parenthesis, a newline. */
  readonly operator: string | undefined
  /** What of it only bash understands, and what to write instead; known at the end. */
  readonly bash: { readonly what: string; readonly instead: string } | undefined
}

/**
 * Quotes, substitutions, here-documents and comments as dash, bash and busybox read them (POSIX 2.2, 2.3, 2.6). Where shells differ, or a whole
 * parser would be needed, it gives up and refuses every later interpolation: it never guesses.
 */
export const scanner = (): Scanner => {
  const state: State = {
    stack: ['code'],
    docs: [],
    word: '',
    line: '',
    depth: 0,
    cut: undefined,
    lost: undefined,
    operator: undefined,
    first: undefined,
    words: 0,
    firsts: [],
    bash: undefined,
  }
  return {
    text(piece) {
      state.cut = undefined
      for (let i = 0; i < piece.length;) i += READ[top(state)](state, piece, i)
    },
    hole() {
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
  const frame = top(state)
  if (state.lost !== undefined) return state.lost
  if (state.stack.includes('backtick')) return WHERE.backtick
  if (!CODE.has(frame)) return WHERE[frame]
  if (state.cut !== undefined) return state.cut
  return /(?:^|[=:])~[^/]*$/.test(state.word) ? 'right behind a ~' : undefined
}

const leftOpen = (state: State): string | undefined => {
  if (state.cut === 'right behind a backslash') return 'ends in a backslash'
  if (state.lost !== undefined) return undefined
  if (top(state) === 'here' && state.line === state.docs[0]?.delimiter && state.docs.length === 1) state.stack.pop()
  else if (state.docs.length > 0) return 'has an open here-document'
  const open = state.stack.find((frame) => frame !== 'code' && frame !== 'comment')
  return open === undefined ? undefined : `has ${OPEN[open]}`
}

const WHERE: Record<Frame, string> = {
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

const OPEN: Record<Frame, string> = {
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
