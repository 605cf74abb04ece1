import { z } from 'zod'
import { defineRecipe } from '../../src/index.ts'
import type { AnyTask, FactsContext, Late, Recipe, StageContext, StepsContext, UseOptions } from '../../src/index.ts'
import { rights } from '../sudo/allowed.ts'
import { doctorFacts, unitFacts } from './facts.ts'
import { unitFindings } from './findings.ts'
import { ownerFact } from './whose/fact.ts'
import { unitClaim } from './names.ts'
import { checkSteps, recoverSteps, lookUps, part, scopeOf, steps, TASKS, type Settings } from './tasks.ts'
import { serviceSchema, type GivenService, type ServiceOut, type ServiceSettings, type ServiceTask } from './settings.ts'

type NoExtra<X> = { readonly [K in Exclude<keyof X, keyof GivenService>]: never }
type Given<S> = { readonly services: { readonly [K in keyof S]: ServiceSettings } }
type Out<S> = { readonly services: { readonly [K in keyof S]: ServiceOut } }

/**
 * Services under systemd: `systemd({ services: { web: {}, streaming: {} } })` adds `systemd:web:restart`, `systemd:streaming:log` … A
 * deploy runs only what `after` lists. Throws a TypeError if the name of a service cannot be part of a task's name.
 */
export const systemd = <const S extends Readonly<Record<string, GivenService>>>(
  given: { readonly services: S & { readonly [K in keyof S]: NoExtra<S[K]> } },
  options?: UseOptions,
): Recipe<'systemd', Given<S>, Out<S>, `systemd:${keyof S & string}:${ServiceTask}`> => {
  const names = Object.keys(given.services)
  const bad = names.find((name) => !/^[A-Za-z][\w-]*$/.test(name))
  if (bad !== undefined) throw new TypeError(`systemd: ${JSON.stringify(bad)} is not a name for a service: letters, digits, "_" and "-"`)
  const recipe = define(names)({ services: late(given.services) as never }, options)
  return recipe as unknown as ReturnType<typeof systemd<S>>
}
// `settingsOf(systemd)` finds the recipe by this
Object.defineProperty(systemd, 'recipeName', { value: 'systemd' })

const define = (names: readonly string[]) => {
  const each = <T>(of: (name: string) => readonly (readonly [string, T])[]): Record<string, T> => Object.fromEntries(names.flatMap(of))
  const settings = z.object({ services: z.strictObject(each((name) => [[name, serviceSchema(name)]])) })
  const asked = (of: (c: FactsContext<Settings>, name: string) => ReturnType<typeof unitFacts>) => (c: FactsContext<Settings>) =>
    each((name) => (here(c, name) ? Object.entries(of(c, name)).map(([fact, command]) => [`${name}.${fact}`, command] as const) : []))
  return defineRecipe({
    name: 'systemd',
    settings: settings as unknown as z.ZodObject<{ services: z.ZodType<Settings['services']> }>,
    facts: asked((c, name) => {
      const [scope, units, login] = lookUps(c, name)
      const owner = c.settings.services[name]!.shared ? {} : { owner: ownerFact(scope, units, c.paths, login) }
      const asks = scope.serviceUnitUser === 'system' && c.runs(`systemd:${name}:check`)
      return { ...unitFacts(scope, units, login), ...owner, ...(asks && { rights: rights() }) }
    }),
    tasks: each((name): (readonly [string, AnyTask])[] => [
      ...TASKS.map(
        (task) => [`${name}:${task.name}`, { ...task.def(name), steps: (c: StepsContext<Settings>) => steps(c, name, task.name) }] as const,
      ),
      [`${name}:recover`, { on: onOf(name), steps: (c: StepsContext<Settings>) => recoverSteps(c, name) }],
      [`${name}:check`, { on: onOf(name), steps: (c: StepsContext<Settings>) => checkSteps(c, name) }],
    ]),
    hooks: ({ settings: { services } }) => {
      const after: Record<string, string[]> = {}
      const checked: string[] = []
      for (const [name, service] of Object.entries(services)) {
        for (const [point, tasks] of Object.entries(service.after))
          (after[point] ??= []).push(...[tasks].flat().map((task) => `systemd:${name}:${task}`))
        // for a deploy that fails between a stop and the start after it
        if (Object.values(service.after).flat().includes('stop')) (after['deploy:failed'] ??= []).push(`systemd:${name}:recover`)
        if (Object.keys(service.after).length > 0) checked.push(`systemd:${name}:check`)
      }
      return { before: checked.length > 0 ? { 'deploy:check': checked } : {}, after }
    },
    claims: ({ settings: { services }, host, hosts, usedAs }) =>
      Object.entries(services).flatMap(([name, service]) =>
        service.shared || !hosts(service.on).some((one) => one.name === host.name)
          ? []
          : service.units.map((unit) => unitClaim(scopeOf(service), host, unit, `${usedAs}:${name}`)),
      ),
    doctor: {
      facts: asked((c, name) => {
        const [scope, units, login] = lookUps(c, name)
        return doctorFacts(scope, units, part(c, name).calls, login)
      }),
      findings: (c) =>
        names
          .filter((name) => here(c, name))
          .flatMap((name) => {
            const { context, service, calls } = part(c, name)
            return unitFindings(context, service.units, calls)
          }),
    },
  })
}

const onOf =
  (name: string) =>
  ({ settings }: { settings: Settings }) =>
    settings.services[name]!.on

const here = (c: FactsContext<Settings> | StepsContext<Settings>, name: string): boolean =>
  c.hosts(c.settings.services[name]!.on).some((host) => host.name === c.host.name)

/** Computes late settings of services with the stage, like any other late setting. */
const late = (services: Readonly<Record<string, GivenService>>): Late<Readonly<Record<string, ServiceSettings>>> => {
  const isLate = (value: unknown): value is (c: StageContext) => unknown => typeof value === 'function'
  if (!Object.values(services).some((service) => Object.values(service).some(isLate))) return services as Record<string, ServiceSettings>
  return async (c) => {
    const made: Record<string, ServiceSettings> = {}
    for (const [name, service] of Object.entries(services)) {
      const entries = await Promise.all(
        Object.entries(service).map(async ([key, value]) => [key, isLate(value) ? await value(c) : value] as const),
      )
      made[name] = Object.fromEntries(entries)
    }
    return made
  }
}
