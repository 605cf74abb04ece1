import { randomBytes } from 'node:crypto'

/**
 * How a script gets to a shell whose stdin is a terminal. The process list shows what is executed, and a line of a terminal has at most
 * 4096 bytes, so the text can be neither an argument nor a typed line. This shell makes the terminal raw and silent, asks for the text,
 * reads exactly its bytes (`dd` with blocks of one byte reads none of what is typed after them), restores the terminal, and runs them.
 * The quotes hold for any login shell: nothing inside is special to sh, csh or fish.
 */
export const bootstrap = (script: Buffer): { readonly exec: string; readonly ready: string } => {
  const ready = `shipit-${randomBytes(8).toString('hex')}`
  const steps = [
    'shipit_s=$(stty -g)',
    'stty raw -echo',
    // in two parts: an echo of the command line is not the answer
    `echo ${ready.slice(0, 12)}""${ready.slice(12)}`,
    // without the dot, the shell would remove line breaks at the end
    `shipit_t=$(dd bs=1 count=${script.length} 2>/dev/null; echo .)`,
    'stty "$shipit_s"',
    'eval "${shipit_t%.}"',
  ]
  return { exec: `exec /bin/sh -c '${steps.join(' && ')}'`, ready: `${ready}\n` }
}

/** Waits for the bootstrap's question. Returns what came after it once it is there; what came before is what the login printed. */
export const readiness = (ready: string): { output(chunk: Buffer): Buffer | undefined; readonly printed: () => string } => {
  let before = Buffer.alloc(0)
  return {
    output: (chunk) => {
      before = Buffer.concat([before, chunk])
      const at = before.indexOf(ready)
      return at < 0 ? undefined : before.subarray(at + ready.length)
    },
    printed: () => before.toString(),
  }
}
