import type { Action } from './lifecycle.ts'
import { unitFileOf } from './names.ts'
import type { ServiceDefinition, ServiceFacts } from './service-definition.ts'
import type { ServiceOut, ServiceTask } from './settings.ts'
import { commandWriter } from './units/command.ts'
import { commandWording, distinctName, type ServiceWording } from './wording.ts'

export interface Settings {
  readonly services: Readonly<Record<string, ServiceOut>>
}

/** The service called `name` among those of `systemd()`. */
export const definitionOf = (name: string): ServiceDefinition<Settings> => ({
  title: name,
  tasks: `systemd:${name}`,
  on: ({ settings }) => settings.services[name]!.on,
  describe: ({ services }) => {
    const service = services[name]!
    const reload = service.reloadOrRestart ? 'reload-or-restart' : 'reload'
    return {
      words: wordingOf(name, service),
      scope: service,
      units: service.units,
      rolling: service.rolling,
      acts: [reload],
      hooked: actionsOf(Object.values(service.after).flat(), reload),
      reload,
      shared: service.shared,
    }
  },
  writer: commandWriter(
    ({ services }) => {
      const { exec, ...service } = services[name]!
      return exec && { ...service, exec, label: name }
    },
    ({ services }) => {
      const { serviceUnitUser, user } = services[name]!
      const others = Object.values(services).filter((one) => one.serviceUnitUser !== serviceUnitUser || one.user !== user)
      return { all: fileNames(services), several: true, elsewhere: others.flatMap(({ units }) => units.map(unitFileOf)) }
    },
  ),
  facts: (facts) => (facts as Readonly<Record<string, ServiceFacts | undefined>>)[name],
})

const actionsOf = (tasks: readonly ServiceTask[], reload: Action): readonly Action[] =>
  tasks.flatMap((task): Action[] => {
    if (task === 'reload') return [reload]
    return task === 'start' || task === 'stop' || task === 'restart' ? [task] : []
  })

/** The unit files of all services of the use, on any host; including those that shipit does not write, because they are in the config too. */
const fileNames = (services: Settings['services']): readonly string[] =>
  Object.values(services).flatMap(({ units }) => units.filter((unit) => /\.(service|socket)$/.test(unit)).map(unitFileOf))

const wordingOf = (name: string, { exec }: ServiceOut): ServiceWording => ({
  ...commandWording(name, `systemd:${name}`),
  account: `systemd.services.${name}.user`,
  refused: `exec, log, errorLog, wants and directives of ${name}`,
  own: (c) =>
    `give this one a unit of its own: systemd({ services: { ${name}: { unit: '${distinctName(name, c)}' } } }). For a service of the host that all applications use, set shared: true`,
  hosts: true,
  ...(exec === undefined && {
    install: ({ bin }) => `write it (docs/systemd.md has some), then ${bin} daemon-reload`,
    again: undefined,
  }),
  reload: () => `the unit has no ExecReload: write one, restart instead, or set reloadOrRestart: true for ${name}`,
})
