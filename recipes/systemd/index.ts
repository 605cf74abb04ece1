import { z } from 'zod'
import { defineRecipe } from '../../src/index.ts'
import type { AnyTask, Command, Late, Recipe, StageContext, UseOptions } from '../../src/index.ts'
import { definitionOf, type Settings } from './named-service.ts'
import { serviceClaims, serviceDoctor, serviceFacts } from './service-facts.ts'
import { serviceLogs } from './service-logs.ts'
import { statusOf } from './service-status.ts'
import { serviceTasks } from './tasks.ts'
import type { GivenService } from './given.ts'
import { serviceSchema, type ServiceOut, type ServiceSettings, type ServiceTask, type UnitTask } from './settings.ts'

type NoExtra<X> = { readonly [K in Exclude<keyof X, keyof GivenService>]: never }
type Given<S> = { readonly services: { readonly [K in keyof S]: ServiceSettings } }
/** `web` has the tasks `systemd:web:start` …; with `exec`, those that write its unit too. */
type TasksOf<S> = {
  readonly [K in keyof S & string]: `systemd:${K}:${ServiceTask | 'sudoers' | (S[K] extends { readonly exec: unknown } ? UnitTask : never)}`
}[keyof S & string]
type Out<S> = { readonly services: { readonly [K in keyof S]: ServiceOut } }

/**
 * Services under systemd: `systemd({ services: { web: {}, streaming: {} } })` adds `systemd:web:restart`, `systemd:streaming:log` … A
 * deploy runs only what `after` lists. Throws a TypeError if the name of a service cannot be part of a task's name.
 */
export const systemd = <const S extends Readonly<Record<string, GivenService>>>(
  given: { readonly services: S & { readonly [K in keyof S]: NoExtra<S[K]> } },
  options?: UseOptions,
): Recipe<'systemd', Given<S>, Out<S>, TasksOf<S>> => {
  // JavaScript and data files may leave it out; the schema reports that
  const services: Readonly<Record<string, GivenService>> = (given as Partial<typeof given> | undefined)?.services ?? {}
  const names = Object.keys(services)
  // the tasks of a service depend on whether shipit writes its unit, and are fixed before anything is computed
  const written = names.filter((name) => services[name]?.exec !== undefined)
  const bad = names.find((name) => !/^[A-Za-z][\w-]*$/.test(name))
  if (bad !== undefined) throw new TypeError(`systemd: ${JSON.stringify(bad)} is not a name for a service: letters, digits, "_" and "-"`)
  const recipe = define(names, written)(withLateServices(given) as never, options)
  return recipe as unknown as ReturnType<typeof systemd<S>>
}
// `settingsOf(systemd)` finds the recipe by this
Object.defineProperty(systemd, 'recipeName', { value: 'systemd' })

const define = (names: readonly string[], written: readonly string[]) => {
  const each = <T>(of: (name: string) => T): Record<string, T> => Object.fromEntries(names.map((name) => [name, of(name)]))
  const definitions = each(definitionOf)
  const settings = z.object({ services: z.strictObject(each((name) => serviceSchema(name, written.includes(name)))) })
  return defineRecipe({
    name: 'systemd',
    settings: settings as unknown as z.ZodObject<{ services: z.ZodType<Settings['services']> }>,
    facts: (c) => each((name) => serviceFacts(definitions[name]!, c) || {}),
    tasks: Object.fromEntries(
      names.flatMap((name) =>
        Object.entries(serviceTasks(definitions[name]!))
          .filter(([task]) => written.includes(name) || !/^(un)?install$/.test(task))
          .map(([task, def]): [string, AnyTask] => [`${name}:${task}`, def]),
      ),
    ),
    hooks: ({ settings: { services } }) => hooksOf(services),
    status: (c) =>
      Object.fromEntries(
        names.flatMap((name) => Object.values(statusOf(definitions[name]!, c) || {}).map((services) => [name, services] as const)),
      ),
    logs: (c) => Object.assign({}, ...names.map((name) => serviceLogs(definitions[name]!, c))) as Readonly<Record<string, Command>>,
    claims: (c) => names.flatMap((name) => serviceClaims(definitions[name]!, c, `${c.usedAs}:${name}`)),
    doctor: {
      facts: (c) => each((name) => serviceDoctor(definitions[name]!).facts(c) || {}),
      findings: (c) => names.flatMap((name) => serviceDoctor(definitions[name]!).findings(c)),
    },
  })
}

const hooksOf = (services: Settings['services']) => {
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
}

/** The given settings, with services whose late settings are computed with the stage. */
const withLateServices = (given: { readonly services?: Readonly<Record<string, GivenService>> } = {}) =>
  given.services === undefined ? given : { ...given, services: late(given.services) }

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
