import { bashWord } from './bashism.ts'
import type { HereDoc } from './heredoc.ts'

/** The syntax that the scanner is inside. The innermost one is last on its stack. */
export type Syntax =
  | 'code'
  | 'substitution'
  | 'parenthesis'
  | 'single'
  | 'double'
  | 'backtick'
  | 'brace'
  | 'arithmetic'
  | 'comment'
  | 'here'

export interface State {
  readonly stack: Syntax[]
  /** here-documents whose text has not ended */
  readonly heredocs: HereDoc[]
  /** the unquoted text of the current word, with `\0` for each quoted or expanded part */
  word: string
  /** the line of a here-document so far */
  line: string
  /** parentheses open in an arithmetic expansion */
  depth: number
  /** where the piece ended in the middle of a token: an interpolation would become part of that token */
  cut: string | undefined
  /** where the scanner gave up */
  gaveUp: string | undefined
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

export const top = ({ stack }: State): Syntax => stack.at(-1)!

/** Where commands and their words are. */
export const CODE: ReadonlySet<Syntax> = new Set<Syntax>(['code', 'substitution', 'parenthesis'])

/** Gives up: no later interpolation can be judged. */
export const giveUp = (state: State, where: string): void => {
  state.gaveUp ??= where
}

/** Enters a syntax, and returns the length of the token that begins it. */
export const push = (state: State, syntax: Syntax, length: number): number => {
  state.stack.push(syntax)
  if (CODE.has(syntax)) {
    state.word = ''
    state.firsts.push(state.first)
    state.first = undefined
  }
  return length
}

/** Leaves a syntax, and returns the length of the token that ends it. */
export const pop = (state: State, length: number): number => {
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
  if (state.word === 'case' && state.stack.includes('substitution')) giveUp(state, 'after a case inside $( … )')
  state.word = ''
}

export const operator = (state: State, c: string): void => {
  endWord(state)
  if (c !== '<' && c !== '>') state.first = undefined
  if (!state.stack.includes('substitution')) state.operator ??= c
}
