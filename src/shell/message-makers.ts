import type { Message } from './types.ts'

/** The function that makes a step that only prints a message, by the level of the message. */
export const MAKER = { error: 'fail', warning: 'warn', note: 'note' } as const

/** For the error about a message where a command is needed: the function that made it, and what to write instead. */
export const asOwnStep = ({ level }: Message): { readonly maker: string; readonly remedy: string } => {
  const name = MAKER[level]
  return {
    maker: `${name}()`,
    remedy: `make it a step by itself, and put the condition on it: ${name}('…').unless(sh\`test -d /srv\`), or .onlyIf(…)`,
  }
}
