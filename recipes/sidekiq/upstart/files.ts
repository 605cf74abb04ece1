import type { Fact, Finding } from '../../../src/index.ts'
import { expandHome, foreignMessage, foundFileFact, isOurFile, printFile, textAt, type FoundFile } from '../../../src/kit/index.ts'
import { judgeOwnership } from '../../systemd/services.ts'
import type { Ownership } from '../../systemd/services.ts'
import { errorOf, renameHint, type Context } from '../manager.ts'
import { jobFiles, workersOf } from './jobs.ts'
import { jobTexts, wantedKillTimeout } from './job-text.ts'

/** A file in the job folder, as it should be and as it is on the host. */
export interface JobFile {
  readonly job: string
  /** `sidekiq.conf` */
  readonly name: string
  readonly path: string
  readonly text: string
  /** '': there is none */
  readonly now: string
  /** not written by this use of the recipe: it lacks our first line */
  readonly foreign: boolean
}

/** The job files of this host. */
export const files = (c: Context): readonly JobFile[] =>
  jobFiles(c.settings)
    .flatMap(({ name, configFile }) => jobTexts(c, name, configFile))
    .map(([job, text]) => {
      const [name, path, now] = [`${job}.conf`, pathOf(c, job), nowOf(c, job)]
      return { job, name, path, text, now, foreign: now !== '' && !isOurFile(c, name, now) }
    })

type Kind = 'conf' | 'override'

export const pathOf = ({ settings: s }: Pick<Context, 'settings'>, job: string, kind: Kind = 'conf'): string =>
  `${s.upstart.initDir}/${job}.${kind}`

/** The text of a file; '' if there is none, or if it was not read. */
export const nowOf = (c: Pick<Context, 'settings' | 'facts'>, job: string, kind: Kind = 'conf'): string =>
  textAt(factOf(c, kind), pathOf(c, job, kind)) ?? ''

const factOf = ({ facts }: Pick<Context, 'facts'>, kind: Kind): readonly FoundFile[] =>
  (kind === 'conf' ? facts.jobFiles : facts.overrides) ?? []

/** Seconds from TERM to KILL of the installed jobs, the shortest of them. */
export const killTimeoutOf = (c: Context): number => {
  const texts = jobFiles(c.settings).map(({ name }) => nowOf(c, name))
  const timeouts = texts.filter((text) => text !== '').map(killTimeoutIn)
  return timeouts.length === 0 ? wantedKillTimeout(c) : Math.min(...timeouts)
}

/** Upstart's default is 5. */
export const killTimeoutIn = (text: string): number => Number(/^\s*kill\s+timeout\s+(\d+)/m.exec(text)?.[1] ?? 5)

/** The names of the jobs. With several processes, also those that start them at boot. */
const jobNames = ({ settings: s }: Pick<Context, 'settings'>): readonly string[] =>
  jobFiles(s).flatMap(({ name }) => (s.processes === 1 ? [name] : [name, workersOf(name)]))

/** The facts with the job files as they are, and with `overrides` also with what overrides each. */
export const fileFacts = (c: Pick<Context, 'settings'>, overrides: boolean) => {
  const read = (kind: Kind): readonly Fact<FoundFile>[] =>
    jobNames(c).map((job) => foundFileFact(pathOf(c, job, kind), printFile(pathOf(c, job, kind))))
  return { jobFiles: read('conf'), overrides: overrides && read('override') }
}

/** Files of these kinds that may exist but cannot be read, each as a sentence. */
export const unreadFiles = (c: Context, kinds: readonly Kind[], jobs: readonly string[] = jobNames(c)): readonly string[] =>
  jobs.flatMap((job) =>
    kinds.flatMap((kind) =>
      factOf(c, kind).flatMap(({ path, why }) =>
        path === pathOf(c, job, kind) && why !== undefined ? [`${job}.${kind} cannot be read: ${why}`] : [],
      ),
    ),
  )

/** Jobs under our names that belong to another application, by their first line, their chdir and the paths in them. */
export const foreignFindings = (c: Context): readonly Finding[] =>
  files(c).flatMap(({ name, now }) => {
    const ownership = ownershipOf(c, now)
    const message =
      ownership.kind === 'release'
        ? `${name} runs in ${ownership.dir}, which is one release: what you deploy would never run`
        : ownership.kind === 'foreign' && foreignMessage(c, name, ownership.why)
    return message === false ? [] : [errorOf(message, `${renameHint(c)}, then ${c.shipit('sidekiq:install')}`)]
  })

/** Who owns a job, by its file alone. Links are not followed, so only a deploy's folder counts as evidence. */
export const ownershipOf = (c: Context, text: string): Ownership => {
  const header = text.split('\n')[0] ?? ''
  const body = withoutComments(text)
  const dir = /^\s*chdir\s+["']?([^"'\n]+?)["']?\s*$/m.exec(body)?.[1] ?? ''
  const top = expandHome(c, c.paths.deployTo)
  const isInside = `${dir}/`.startsWith(`${top}/`)
  const deployed = isInside || /\/(current|releases\/\d{14})(\/|$)/.test(dir) ? dir : ''
  const within = isInside ? `.${dir.slice(top.length)}` : deployed
  return judgeOwnership(c, { header, dir: deployed, within, exec: body, cwd: '', file: '' }, [top])
}

export const withoutComments = (text: string): string => text.replaceAll(/^\s*#.*$/gm, '')
