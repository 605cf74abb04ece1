import type { GitSettings } from '../git/options.ts'
import type { SshOptions } from '../inventory/types.ts'

/** The settings of a stage, as tasks see them: from the defaults, the config, the stage and the command line, functions computed. */
export interface StageSettings {
  readonly deployTo: string
  /** the setting; `deploy.branch` is what this run deploys, or what is live */
  readonly branch: string
  /** without user and password; undefined: the config has none */
  readonly repoUrl: string | undefined
  /** the commit, if the config gives it */
  readonly revision: string | undefined
  readonly repoTree: string | undefined
  /** undefined: `repo` in `deployTo` */
  readonly repoPath: string | undefined
  /** including those of objects, by their `path` */
  readonly linkedFiles: readonly string[]
  /** including those of recipes */
  readonly linkedDirs: readonly string[]
  readonly keepReleases: number
  readonly keepFailed: boolean
  readonly requirePushed: boolean
  readonly confirm: boolean
  readonly currentDirectory: string
  readonly releasesDirectory: string
  readonly sharedDirectory: string
  /** octal, as given; undefined: that of the account */
  readonly umask: string | undefined
  /** of the stage; `host.ssh` is that of a server */
  readonly ssh: Readonly<SshOptions>
  /** durations in milliseconds */
  readonly git: GitSettings
}

/** What they are: all settings but those that may hold secrets (`env`, `sudoPassword`), `vars`, which tasks have anyway, and `commands`. */
const NAMES = Object.keys({
  deployTo: true,
  branch: true,
  repoUrl: true,
  revision: true,
  repoTree: true,
  repoPath: true,
  linkedFiles: true,
  linkedDirs: true,
  keepReleases: true,
  keepFailed: true,
  requirePushed: true,
  confirm: true,
  currentDirectory: true,
  releasesDirectory: true,
  sharedDirectory: true,
  umask: true,
  ssh: true,
  git: true,
} satisfies Record<keyof StageSettings, true>)

// each task gets them for each host
const made = new WeakMap<object, StageSettings>()

/**
 * The settings of a stage for its tasks. Those that lack an environment variable or an answer stay properties that report it when they are
 * read: a task that does not read the branch does not need it.
 */
export const stageSettings = (stage: Omit<StageSettings, 'revision'> & Partial<StageSettings>): StageSettings => {
  const known = made.get(stage)
  if (known) return known
  const all = Object.getOwnPropertyDescriptors(stage) as Readonly<Record<string, PropertyDescriptor | undefined>>
  const own = NAMES.map((name) => [name, all[name] ?? { value: undefined, enumerable: true }])
  const settings = Object.freeze(Object.defineProperties({}, Object.fromEntries(own) as PropertyDescriptorMap)) as StageSettings
  made.set(stage, settings)
  return settings
}
