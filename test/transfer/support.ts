import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openDialogue, type OpenDialogue } from '../../src/transfer/dialogue.ts'
import { receiveFiles } from '../../src/transfer/receive.ts'
import { sendFiles } from '../../src/transfer/upload.ts'
import { transferParts } from '../../src/shell/render.ts'
import type { Command } from '../../src/shell/types.ts'
import { download, type DownloadOptions } from '../../src/shell/download.ts'
import { upload, type UploadOptions } from '../../src/shell/upload.ts'
import { drained } from '../../src/transport/drained.ts'
import { program } from '../support/needs.ts'
import type { Shell } from '../shell/shells.ts'

export const put = (folder: string, files: Readonly<Record<string, string | Buffer>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

/** A tree of 306 files and a link, with names that are long, or mean something to a shell or a program. */
export const putOddTree = (folder: string): void => {
  put(folder, {
    same: 'same',
    changed: 'now',
    mode: 'mode',
    "new/deep/it's \\n odd $x": randomBytes(40_000),
    [`new/${'l'.repeat(200)}/${'n'.repeat(150)}`]: 'long',
    '-f': 'dash',
  })
  for (let n = 0; n < 300; n++) put(folder, { [`many/file ${n}`]: `${n}` })
  symlinkSync('changed', join(folder, 'link'))
}

/** The programs of busybox alone, for its shell. */
export const environment = (shell: string, dir: string): NodeJS.ProcessEnv => {
  if (shell !== 'busybox') return process.env
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  for (const name of spawnSync(program('busybox')!, ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n'))
    symlinkSync(program('busybox')!, join(bin, name))
  return { PATH: bin }
}

/** All that is in a folder, with modes, targets of links, and the beginning of each file. */
export const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const at = join(folder, name)
        const found = lstatSync(at)
        if (found.isSymbolicLink()) return [name, `-> ${readlinkSync(at)}`]
        return [
          name,
          found.isDirectory() ? 'folder' : `${(found.mode & 0o777).toString(8)} ${readFileSync(at).toString('base64').slice(0, 40)}`,
        ]
      }),
  )

export interface Sent {
  readonly code: number | null
  readonly stderr: string
  /** what was done, or why this side ended it */
  readonly said: string
}

type Talk = (dialogue: OpenDialogue) => Promise<{ readonly commit: () => Promise<string>; readonly discard: () => Promise<void> }>
interface Where {
  readonly env?: NodeJS.ProcessEnv | undefined
  /** after how many bytes the program's stdin ends */
  readonly cut?: number | undefined
}

/** Runs the program of an upload in a shell, and sends the files to it. */
export const sendTo = (
  shell: Shell,
  from: Parameters<typeof upload>[0],
  to: string,
  { env, cut, ...options }: UploadOptions & Where = {},
): Promise<Sent> => {
  const command = upload(from, to, options)
  return talk(shell, command, { env, cut }, async (dialogue) => {
    const said = await sendFiles(command.spec.upload!, dialogue, () => {})
    return { commit: async () => said.text, discard: async () => {} }
  })
}

/** Runs the program of a download in a shell, and fetches the files from it. */
export const fetchFrom = (
  shell: Shell,
  from: string,
  to: string,
  { env, cut, ...options }: DownloadOptions & Where = {},
): Promise<Sent> => {
  const command = download(from, to, options)
  return talk(shell, command, { env, cut }, (dialogue) => receiveFiles(command.spec.download!, dialogue, () => {}))
}

const talk = async ([file, ...args]: Shell, command: Command, { env = process.env, cut = Infinity }: Where, talk: Talk): Promise<Sent> => {
  const child = spawn(program(file) ?? file, args, { stdio: 'pipe', env })
  let stderr = ''
  let left = cut
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.on('error', () => {})
  const dialogue = openDialogue({
    write: (bytes) => {
      const some = Buffer.from(bytes as string).subarray(0, left)
      left -= some.length
      if (some.length > 0) child.stdin.write(some)
      if (left === 0) child.stdin.end()
    },
    drained: () => drained(child.stdin),
    end: () => child.stdin.end(),
    pause: () => child.stdout.pause(),
    resume: () => child.stdout.resume(),
  })
  child.stdout.on('data', (chunk: Buffer) => dialogue.arrived(chunk))
  child.stdin.write(transferParts(command).program)
  const work = talk(dialogue).catch((error: unknown) => {
    dialogue.finish()
    return { commit: async () => (error as Error).message, discard: async () => {} }
  })
  const [code] = (await once(child, 'close')) as [number | null]
  dialogue.ended()
  const done = await work
  const said = await done.commit()
  return { code, stderr, said }
}
