import { unitNames, type UnitSettings } from '../../../../recipes/sidekiq/units.ts'
import type { LiveService } from './live-application.ts'

/** Units that one use of `sidekiq()` names, by its settings. */
export interface SidekiqUse {
  readonly settings: UnitSettings
  readonly units: readonly LiveService[]
}

/**
 * The uses of `sidekiq()` that name exactly these units, which are in one systemd and on the same servers; and the units that no settings
 * name, such as `sidekiq@default.service`.
 */
export const sidekiqUses = (
  units: readonly LiveService[],
): { readonly uses: readonly SidekiqUse[]; readonly rest: readonly LiveService[] } => {
  const families = familiesOf(units)
  const heads = families.filter((one) => !families.some((other) => other !== one && isTail(one, other)))
  const candidates = heads.map((head): SidekiqUse => {
    const tails = families.filter((one) => isTail(one, head))
    const settings = {
      serviceUnitName: head.base,
      configFiles: ['sidekiq.yml', ...tails.map(({ base }) => `${base.slice(head.base.length + 1)}.yml`)],
      processes: head.units.length,
    }
    return { settings, units: [head, ...tails].flatMap((one) => one.units) }
  })
  const uses = candidates.filter(({ settings, units: own }) => {
    const named = unitNames(settings)
    return named.length === own.length && own.every(({ name }) => named.includes(name))
  })
  return { uses, rest: units.filter((unit) => !uses.some((use) => use.units.includes(unit))) }
}

interface Family {
  readonly base: string
  readonly units: readonly LiveService[]
}

/** The units by their names without an instance. */
const familiesOf = (units: readonly LiveService[]): readonly Family[] =>
  [...Map.groupBy(units, ({ name }) => name.replace(/(@[^@]*)?\.service$/, ''))].map(([base, own]) => ({ base, units: own }))

/** `sidekiq.sidekiq-high` is the unit of another config file of `sidekiq`, with as many processes. */
const isTail = (one: Family, head: Family): boolean => one.base.startsWith(`${head.base}.`) && one.units.length === head.units.length
