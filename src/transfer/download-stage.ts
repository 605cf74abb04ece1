import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** The folder that the files of a download arrive in, beside their places. In it, `by` names the process that made it. */
export const makeStage = async (dir: string): Promise<string> => {
  const stage = await mkdtemp(join(dir, `.shipit-download.${process.pid}.`))
  await writeFile(join(stage, 'by'), await markOf(process.pid))
  return stage
}

/** Removes what a download left that was killed. */
export const removeLeftovers = async (dir: string): Promise<void> => {
  for (const name of await readdir(dir)) {
    const [, pid] = /^\.shipit-download\.(\d+)\.\w+$/.exec(name) ?? []
    const stage = join(dir, name)
    if (pid === undefined || !(await lstat(stage)).isDirectory()) continue
    if (await isLeft(stage, Number(pid))) await rm(stage, { recursive: true })
  }
}

const isLeft = async (stage: string, pid: number): Promise<boolean> => {
  const by = await readFile(join(stage, 'by'), 'utf8').catch(() => '')
  if (by === '') return !isAlive(pid)
  // another machine has this folder, too, and only that one knows: no download takes a day
  if (!by.endsWith(` ${hostname()}`)) return Date.now() - (await lstat(stage)).mtimeMs > 24 * 3600 * 1000
  return !isAlive(pid) || by !== (await markOf(pid))
}

/** The number of a process, when it began, and of which start of which machine: another process may have its number later. */
const markOf = async (pid: number): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '')
  // what is in parentheses, the name, may have blanks
  const began = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[19] ?? ''
  return `${pid} ${began} ${boot.trim()} ${hostname()}`
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
