import { fail } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { expandHome, foreignMessage, type Check } from '../../../src/kit/index.ts'
import { type Context, typedSystemctl } from '../scope.ts'
import { ownershipOf } from './of-units.ts'
import { type Ownership } from './verdict.ts'

/** A step that fails rather than change units of another application; undefined if all of `names` may be changed. */
export const refuseForeign = (c: Context, names: readonly string[]): Command | undefined => refusal(names, problemsOf(c, names, 'foreign'))

/** The same as checks, which also find units that would never run a new release, and units whose owner is not known. */
export const ownerChecks = (c: Context, names: readonly string[]): readonly Check[] => {
  const { owner } = c.facts
  if (owner?.stderr !== undefined)
    return [
      {
        level: 'error',
        message: `the owner of ${names.join(', ')} is not known: ${owner.stderr}`,
        remedy: `until it is, nothing is touched. See: ${c.settings.systemctlBin} show -p FragmentPath,WorkingDirectory ${names.join(' ')}`,
      },
    ]
  return problemsOf(c, names, 'foreign', 'release', 'unknown')
}

/** Units of packages under names that shipit would write: it would take the host's own service over. */
export const hostChecks = (c: Context, names: readonly string[]): readonly Check[] => problemsOf(c, names, 'host')

export const hostsUnit = (name: string): string => `${name} belongs to the host: it came with a package`

/** After a start, fails if a unit is pinned to one release, by its WorkingDirectory or ExecStart, and another one should run now. */
export const verifyNotPinned = (c: Context, names: readonly string[]): Command[] => {
  const live = c.deploy.releasing ? String(c.paths.release).replace(/^.*\//, '') : c.layout.live
  const pinned = problemsOf(c, names, 'release').filter(({ dir }) => live === undefined || !`${dir}/`.includes(`/${live}/`))
  const refused = refusal(names, pinned)
  return refused === undefined ? [] : [refused.title(`check that ${names.join(', ')} ran from this release`)]
}

/** `dir`: of a unit that is pinned to a release, that release. */
type Problem = Check & { readonly dir?: string }

const refusal = (names: readonly string[], problems: readonly Problem[]): Command | undefined =>
  problems.length === 0
    ? undefined
    : fail(problems.map(({ message }) => message))
        .title(`check who owns ${names.join(', ')}`)
        .hint([...new Set(problems.map(({ remedy }) => remedy))].join('\n'))

/** What is wrong with the owners of these units, if they are of these kinds. */
const problemsOf = (c: Context, names: readonly string[], ...kinds: readonly Ownership['kind'][]): readonly Problem[] =>
  ownershipOf(c)
    .filter(({ name, ownership }) => names.includes(name) && kinds.includes(ownership.kind))
    .flatMap(({ name, ownership }) => problemOf(c, name, ownership) ?? [])

const problemOf = (c: Context, name: string, ownership: Ownership): Problem | undefined => {
  const { own, again, hosts } = c.service
  const current = expandHome(c, c.paths.current)
  const inCurrent = `WorkingDirectory=${current} in the unit, then ${typedSystemctl(c, 'daemon-reload')}`
  switch (ownership.kind) {
    case 'foreign': {
      const moved = ownership.moved && again !== undefined ? `if ${c.application} was deployed there before: ${again(c)}. Otherwise ` : ''
      return { level: 'error', message: foreignMessage(c, name, ownership.why), remedy: `${moved}${own(c)}` }
    }
    case 'release':
      return {
        level: 'error',
        dir: ownership.dir,
        message: `${name} ${ownership.exec ? 'starts a program' : 'runs'} in ${ownership.dir}, which is one release: what you deploy would never run`,
        remedy: ownership.exec
          ? `write ${current} in place of that folder in its ExecStart, then ${typedSystemctl(c, 'daemon-reload')}`
          : inCurrent,
      }
    case 'unknown':
      if (hosts === true) return undefined
      return {
        level: 'warning',
        blocks: false,
        message: `the owner of ${name} is not known: ${ownership.dir === '' ? 'it has no WorkingDirectory' : `its WorkingDirectory is ${ownership.dir}`}`,
        remedy: inCurrent,
      }
    case 'host':
      return { level: 'error', message: hostsUnit(name), remedy: own(c) }
    default:
      return undefined
  }
}
