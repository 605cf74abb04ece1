import {
  currentDir,
  execLine,
  fillTemplate,
  inShared,
  outputsOf,
  readTemplate,
  sectionText,
  serviceText,
  serviceUser,
  unitSections,
} from '../../systemd/services.ts'
import type { Section, ServiceDefinition, UnitContext, UnitHost, UnitWriter } from '../../systemd/services.ts'
import type { SidekiqHost } from '../known.ts'
import { bundleEnv, commandOf, notifies, railsEnvOf, sidekiqHost } from '../program.ts'
import type { Settings } from '../settings.ts'
import { fileNames, unitNames } from '../units.ts'
import { wordingOf } from './service.ts'

type Host = (UnitHost & SidekiqHost) | undefined

const writer: UnitWriter<Settings, SidekiqHost> = {
  plan: (s) => {
    const files = fileNames(s).map(({ name }) => name)
    return { files, all: files, programs: s.bundlerPath === null ? ['bundle'] : [], log: s.log, errorLog: s.errorLog }
  },
  look: sidekiqHost,
  files: (c, s, host) => {
    const template = templateOf(s)
    if (template?.problem !== undefined) return []
    return fileNames(s).map(({ name: file, configFile }) => {
      const name = file.replace(/\.service$/, '')
      const sections = sectionsOf(c, s, host, name, configFile)
      const body =
        template === undefined
          ? sections.map(sectionText).join('\n')
          : fillTemplate(template.text, sections, valuesOf(c, s, name, configFile))
      return { name: file, text: serviceText(c, name, body) }
    })
  },
  problems: (_, s) => {
    const template = templateOf(s)
    const stop = s.directives.Service.TimeoutStopSec
    return [
      ...(template?.problem === undefined ? [] : [`unitTemplate: ${template.problem}`]),
      ...(typeof stop === 'number' && stop < s.timeout
        ? [`TimeoutStopSec=${stop} is less than the timeout of Sidekiq, ${s.timeout} s: systemd would kill it while its jobs run`]
        : []),
    ]
  },
  notes: (c, s, host) => [
    ...(host?.sidekiq === undefined
      ? ['the version of Sidekiq is not known before the first deploy: the unit has Type=notify, for 6.0.6 and newer']
      : []),
    ...(notifies(host?.sidekiq)
      ? []
      : [`Sidekiq ${host?.sidekiq?.join('.')} does not notify systemd when it is up (6.0.6 and newer do): the unit has Type=simple`]),
    ...Object.entries(host?.timeouts ?? {})
      .filter(([, timeout]) => timeout !== s.timeout)
      .map(
        ([file, timeout]) =>
          `config/${file} sets :timeout: ${timeout}, but -t ${s.timeout} of the unit overrides it: sidekiq({ timeout: ${timeout} })`,
      ),
  ],
}

/** Sidekiq's units, whose files shipit writes. Its tasks and their calls are Sidekiq's own. */
export const sidekiqUnits: ServiceDefinition<Settings, SidekiqHost> = {
  title: 'Sidekiq',
  tasks: 'sidekiq',
  on: ({ settings: { roles } }) => ({ roles }),
  describe: (s) => ({ words: wordingOf(s), scope: s, units: unitNames(s), rolling: null, acts: [], hooked: [] }),
  writer,
}

/** The text of the template, if there is one, or why it cannot be used. */
const templateOf = ({ unitTemplate }: Settings) => {
  if (unitTemplate === null) return undefined
  try {
    return { text: readTemplate(unitTemplate, VALUES) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

/** What a template may name besides directives. */
const VALUES = ['application', 'stage', 'unit', 'user', 'current', 'shared', 'configFile', 'timeout'] as const

const valuesOf = (c: UnitContext, s: Settings, unit: string, configFile: string): Readonly<Record<(typeof VALUES)[number], string>> => ({
  application: c.application,
  stage: c.stage,
  unit,
  user: serviceUser(c),
  current: currentDir(c),
  shared: inShared(c, '.').replace(/\/\.$/, ''),
  configFile: `config/${configFile}`,
  timeout: String(s.timeout),
})

/** The directives of one unit. `name` has no suffix; a template's ends with an @. */
const sectionsOf = (c: UnitContext, s: Settings, host: Host, name: string, configFile: string): readonly Section[] => {
  const program = { ...c, settings: s }
  return unitSections(c, {
    name,
    description: [
      `Sidekiq of ${c.application} (${c.stage})`,
      ...(configFile === 'sidekiq.yml' ? [] : [configFile]),
      ...(name.endsWith('@') ? ['%i'] : []),
    ],
    wants: s.wants,
    type: notifies(host?.sidekiq) ? 'notify' : 'simple',
    watchdogSec: s.systemdWatchdogSec,
    group: host?.group ?? '',
    environment: [
      ...new Map<string, string | number>([
        ['RAILS_ENV', railsEnvOf(program)],
        // glibc keeps a memory arena per thread
        ['MALLOC_ARENA_MAX', '2'],
        ...bundleEnv(program, host),
        ...Object.entries(s.serviceUnitEnvVars),
      ]),
    ],
    envFiles: s.serviceUnitEnvFiles,
    exec: execLine(commandOf(program, host, configFile)),
    execReload: `${host?.kill ?? '/bin/kill'} -TSTP $MAINPID`,
    timeoutStopSec: s.timeout + 10,
    timeoutStartSec: s.timeoutStartSec,
    umask: s.umask,
    outputs: outputsOf(c, s),
    directives: s.directives,
  })
}
