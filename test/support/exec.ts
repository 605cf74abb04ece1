import { execFile } from 'node:child_process'

/** Runs a program and resolves to its stdout; rejects with its stderr if it fails. */
export const exec = (file: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(file, args, { ...options, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${args.join(' ')}: ${error.message}\n${stderr}`))
      else resolve(stdout)
    })
  })
