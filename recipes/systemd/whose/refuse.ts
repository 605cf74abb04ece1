import { fail, warn } from '../../../src/index.ts'
import type { Command, Finding } from '../../../src/index.ts'
import { absolute } from '../../absolute.ts'
import { notOf } from '../../foreign.ts'
import type { Context } from '../scope.ts'
import { SIDEKIQ } from '../service.ts'
import { ownersOf } from './read.ts'

/** A step that fails rather than change units of another application; undefined if all of `names` may be changed. */
export const notOurs = (c: Context, names: readonly string[]): Command | undefined => refusal(c, names, foreignFindings(c))

/** The same before a deploy. Also refuses units that would never run what is deployed. */
export const checkOwners = (c: Context, names: readonly string[]): (Command | false)[] => {
  const { owner } = c.facts
  if (owner?.ok === false)
    return [
      fail(owner.stderr.trim() || 'the host did not say')
        .title(title(names))
        .hint(`without that nothing is touched. See: ${c.settings.systemctlBin} show -p FragmentPath,WorkingDirectory ${names.join(' ')}`),
    ]
  const wrong = [...foreignFindings(c), ...pinnedFindings(c)]
  const unknown = unknownFindings(c)
  return [
    refusal(c, names, wrong) ?? false,
    unknown.length > 0 && warn(unknown.map(({ message, remedy }) => `${message}: ${remedy}`)).title(title(names)),
  ]
}

/** Findings for what {@link checkOwners} refuses. */
export const ownerFindings = (c: Context, names: readonly string[]): readonly Finding[] =>
  [...foreignFindings(c), ...pinnedFindings(c)].filter(({ of }) => names.includes(of))

/** After a start, fails if a unit is pinned to one release, by its WorkingDirectory or ExecStart, and another one should run now. */
export const verifyNotPinned = (c: Context, names: readonly string[]): Command[] => {
  const live = c.deploy.releasing ? String(c.paths.release).replace(/^.*\//, '') : c.layout.live
  const all = pinnedFindings(c).filter(({ dir }) => live === undefined || !`${dir}/`.includes(`/${live}/`))
  const refused = refusal(c, names, all)
  return refused === undefined ? [] : [refused.title(`check that ${names.join(', ')} ran from this release`)]
}

interface Found extends Finding {
  readonly of: string
}

const refusal = (c: Context, names: readonly string[], all: readonly Found[]): Command | undefined => {
  const wrong = all.filter(({ of }) => names.includes(of))
  if (wrong.length === 0) return undefined
  return fail(wrong.map(({ message }) => message))
    .title(title(names))
    .hint([...new Set(wrong.map(({ remedy }) => remedy))].join('\n'))
}

const title = (names: readonly string[]): string => `check whose ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'}`

const foreignFindings = (c: Context): readonly Found[] =>
  ownersOf(c).flatMap(({ name, whose }) => {
    if (whose.kind !== 'foreign') return []
    const { own, again } = c.service ?? SIDEKIQ
    const moved = whose.moved && again !== undefined ? `if ${c.application} was deployed there before: ${again(c)}. Otherwise ` : ''
    return [
      {
        of: name,
        level: 'error' as const,
        message: notOf(c, name, whose.whose),
        remedy: `${moved}${own(c)}`,
      },
    ]
  })

const pinnedFindings = (c: Context): readonly (Found & { readonly dir: string })[] =>
  ownersOf(c).flatMap(({ name, whose }) =>
    whose.kind !== 'release'
      ? []
      : [
          {
            of: name,
            dir: whose.dir,
            level: 'error' as const,
            message: `${name} ${whose.exec ? 'starts a program' : 'runs'} in ${whose.dir}, which is one release: what you deploy would never run`,
            remedy: whose.exec
              ? `write ${absolute(c, c.paths.current)} in place of that folder in its ExecStart, then ${reload(c)}`
              : `WorkingDirectory=${absolute(c, c.paths.current)} in the unit, then ${reload(c)}`,
          },
        ],
  )

const unknownFindings = (c: Context): readonly Found[] =>
  ownersOf(c).flatMap(({ name, whose }) =>
    whose.kind !== 'unknown' || (c.service ?? SIDEKIQ).hosts === true
      ? []
      : [
          {
            of: name,
            level: 'warning' as const,
            message: `nothing says whose ${name} is: it has no WorkingDirectory`,
            remedy: `WorkingDirectory=${absolute(c, c.paths.current)} in the unit, then ${reload(c)}`,
          },
        ],
  )

const reload = (c: Context): string =>
  c.settings.serviceUnitUser === 'system'
    ? `sudo ${c.settings.systemctlBin} daemon-reload`
    : `${c.settings.systemctlBin} --user daemon-reload`
