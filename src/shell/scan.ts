import { CODE, endWord, READ, top } from './reads.ts'
import type { Frame, State } from './reads.ts'

/** Follows shell text and knows the syntax around each place. A quoted word arrives as one argument only if `hole()` has no complaint. */
export interface Scanner {
  /** Reads the next piece of literal text. Between two pieces there is an interpolation. */
  text(piece: string): void
  /** Reads an interpolation. Returns a description of its place if an interpolation cannot be used there. */
  hole(): string | undefined
  /** Ends the text. Returns what was left open. */
  end(): string | undefined
  /** The first unquoted operator outside any substitution: `;`, `&`, `|`, `<`, `>`, a parenthesis, a newline. */
  readonly operator: string | undefined
  /** The first syntax that only bash understands, and what to write instead; known at the end. */
  readonly bash: { readonly what: string; readonly instead: string } | undefined
}

/**
 * Quotes, substitutions, here-documents and comments as dash, bash and busybox read them (POSIX 2.2, 2.3, 2.6). If shells differ, or a
 * whole parser would be needed, it gives up and refuses every later interpolation: it never guesses.
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
