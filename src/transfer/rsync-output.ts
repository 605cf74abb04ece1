import { count } from '../values/count.ts'
import { humanSize } from '../values/human-size.ts'
import type { OnProgress } from './upload.ts'

/** What rsync prints on stdout: its progress, the names of the files, notes, and figures at the end. */
export interface RsyncOutput {
  arrived(chunk: Buffer): void
  /** `3 of 12 files sent, 1.2 MB; 2 removed`; what rsync did if it printed no figures that are known */
  summary(verb: 'sent' | 'fetched'): string
}

/** The most that a line may have: what is longer is no line of rsync's own. */
const LONGEST = 16 * 1024

/** Reads it. `note` gets what everybody should know, a line each: links and special files that were left out. */
export const rsyncOutput = (progress: OnProgress, note: (line: string) => void): RsyncOutput => {
  const figures = new Map<string, string>()
  let rest = ''
  let leftOut = 0
  let latest = 0
  const line = (text: string): void => {
    const [, bytes, percent] = /^ *(\d+) +(\d+)% /.exec(text) ?? []
    if (bytes !== undefined) return report(Number(bytes), Number(percent))
    const [, name, value] = /^([A-Z][A-Za-z ]+): (\d.*)$/.exec(text) ?? []
    if (name !== undefined) figures.set(name, value!)
    if (text.startsWith('ignoring unsafe symlink ')) leftOut++
    if (/^(?:ignoring unsafe symlink|skipping non-regular file) /.test(text)) note(text)
  }
  const report = (done: number, percent: number): void => {
    // a line is read as it arrives, and again when it has ended
    if (percent === 0 || done === latest) return
    latest = done
    progress(done, Math.max(done, Math.round((done * 100) / percent)))
  }
  return {
    arrived: (chunk) => {
      const lines = `${rest}${chunk.toString()}`.split(/[\r\n]+/)
      rest = lines.pop()!.slice(-LONGEST)
      for (const one of lines) line(one)
      // what is under way has no end yet
      if (/% +\S+ +\S+ *$/.test(rest)) line(`${rest} `)
    },
    summary: (verb) => {
      if (rest !== '') line(rest)
      const figure = (name: string): number | undefined => first(figures.get(name))
      const files = figures.get('Number of files')
      const all = files === undefined ? undefined : (first(/reg: (\d+)/.exec(files)?.[1]) ?? 0)
      const some = figure('Number of regular files transferred')
      const bytes = figure('Total transferred file size')
      const removed = figure('Number of deleted files') ?? 0
      if (some === undefined || bytes === undefined) return `${verb} by rsync`
      const copied =
        some === 0
          ? `nothing to be ${verb}`
          : `${all === undefined || all === some ? count(some, 'file') : `${some} of ${count(all, 'file')}`} ${verb}, ${humanSize(bytes)}`
      return [
        copied,
        ...(removed > 0 ? [`${removed} removed`] : []),
        ...(leftOut > 0 ? [`${count(leftOut, 'link')} that ${leftOut === 1 ? 'leads' : 'lead'} out left out`] : []),
      ].join('; ')
    },
  }
}

const first = (text: string | undefined): number | undefined => {
  const found = /^\d+/.exec(text ?? '')?.[0]
  return found === undefined ? undefined : Number(found)
}
