import { assignment, quoted } from './quote.ts'

/** The contents of a job file as data. */
export interface JobText {
  /** the first line, without its `# ` */
  readonly mark: string
  readonly description: string
  /** null: nothing starts or stops it by itself */
  readonly startOn: string | null
  readonly stopOn: string
  readonly respawnLimit: 'unlimited' | readonly [number, number]
  readonly killTimeout: number
  readonly quietSignal: string
  readonly user: string
  readonly group: string
  readonly umask: string | null
  readonly limitNofile: number | null
  readonly dir: string
  readonly env: readonly (readonly [name: string, value: string | number])[]
  /** read when the job starts; `optional` ones may be missing */
  readonly envFiles: readonly { readonly file: string; readonly optional: boolean }[]
  readonly instances: boolean
  readonly stanzas: readonly string[]
  readonly words: readonly string[]
}

/**
 * The text of a job file, init(5). No `expect`: Sidekiq stays in the foreground, and Upstart would wait for a fork that never happens.
 * `setuid` instead of su: Upstart would only know su, which kills Sidekiq two seconds after TERM. `exec`, so that the process is Sidekiq.
 * If a process ends with 0 or by TERM, it was meant to.
 */
export const jobText = (job: JobText): string => {
  const limit = job.respawnLimit === 'unlimited' ? 'unlimited' : job.respawnLimit.join(' ')
  return paragraphs([
    [`# ${job.mark}`, `description ${quoted(job.description)}`],
    [...(job.startOn === null ? [] : [`start on ${job.startOn}`]), `stop on ${job.stopOn}`],
    job.instances ? ['instance $index', 'export index'] : [],
    ['respawn', `respawn limit ${limit}`, 'normal exit 0 TERM', `kill timeout ${job.killTimeout}`, `reload signal ${job.quietSignal}`],
    [
      `setuid ${quoted(job.user)}`,
      ...(job.group === '' ? [] : [`setgid ${quoted(job.group)}`]),
      ...(job.umask === null ? [] : [`umask ${job.umask.padStart(4, '0')}`]),
      ...(job.limitNofile === null ? [] : [`limit nofile ${job.limitNofile} ${job.limitNofile}`]),
      `chdir ${quoted(job.dir)}`,
      'console log',
    ],
    job.env.map(([name, value]) => `env ${assignment(name, value)}`),
    job.stanzas,
    run(job),
  ])
}

/** The job that starts the instances at boot, and stops them when it is stopped: all at once, because each may take its whole time. */
export const workersText = (
  job: Pick<JobText, 'mark' | 'description' | 'stopOn'> & { startOn: string; name: string; count: number },
): string => {
  const all = Array.from({ length: job.count }, (_, i) => i + 1).join(' ')
  return paragraphs([
    [`# ${job.mark}`, `description ${quoted(job.description)}`],
    [`start on ${job.startOn}`, `stop on ${job.stopOn}`],
    ['pre-start script', `  for index in ${all}; do initctl start ${job.name} index=$index || :; done`, 'end script'],
    ['post-stop script', `  for index in ${all}; do initctl stop ${job.name} index=$index & done`, '  wait', 'end script'],
  ])
}

/** Upstart does not read environment files, so a shell does. A line is NAME=VALUE, taken literally except for quotes around the value. */
const run = ({ envFiles, words }: JobText): readonly string[] => {
  const command = `exec ${words.map(quoted).join(' ')}`
  if (envFiles.length === 0) return [command]
  return [
    'script',
    '  read_env() {',
    '    while IFS= read -r line || [ -n "$line" ]; do',
    '      case $line in ([A-Za-z_]*=*) ;; (*) continue ;; esac',
    '      name=${line%%=*} value=${line#*=}',
    '      case $value in ("\\""*"\\"" | "\'"*"\'") value=${value#?} value=${value%?} ;; esac',
    '      export "$name=$value"',
    '    done < "$1"',
    '  }',
    ...envFiles.map(
      ({ file, optional }) => `  ${optional ? `if [ -r ${quoted(file)} ]; then read_env ${quoted(file)}; fi` : `read_env ${quoted(file)}`}`,
    ),
    `  ${command}`,
    'end script',
  ]
}

const paragraphs = (all: readonly (readonly string[])[]): string =>
  `${all
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
