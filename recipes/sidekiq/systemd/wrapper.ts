import type { Finding } from '../../../src/index.ts'

/** Names of programs that start others, as the kernel keeps them: at most 15 characters. */
export const WRAPPERS = /^(ba|da|z|k|mk|c|tc)?sh$|^(su|sudo|runuser|env|script)$/

/** A shell with more than one command stays, and so is the main process; `su` always stays. */
export const inFront = (name: string, of: ReadonlyMap<string, string>): Finding | false => {
  const [, path = '', argv = ''] = /path=(\S+) ; argv\[\]=(.*?) ; ignore_errors=/.exec(of.get('ExecStart') ?? '') ?? []
  const program = path.replace(/^.*\//, '')
  if (!WRAPPERS.test(program) || program === 'env') return false
  const script = / -\w*c (.*)$/.exec(argv)?.[1] ?? ''
  if (program.endsWith('sh') && (/(^|[;&|]\s*)exec /.test(script) || !/[;&|]/.test(script))) return false
  return {
    level: 'error',
    message: `${name}: ${program} stays in front of Sidekiq as the main process (${argv})`,
    remedy: "write exec before the command: /bin/bash -lc 'exec bundle exec sidekiq …'; and User= instead of su",
  }
}
