import type { Parts } from '../parts.ts'
import type { ServiceParts } from './service-parts.ts'
import type { Live } from './live-application.ts'
import type { ServerLook } from './look.ts'

/** What the servers say about a project's parts. */
export interface OnServer {
  /** the servers, as a sentence names them */
  readonly name: string
  /** the folder of rbenv; undefined if there is none in the usual places */
  readonly rbenv: string | undefined
  /** the servers without one, if others have it */
  readonly withoutRbenv: readonly string[]
  /** another version manager */
  readonly other: { readonly manager: string; readonly root: string } | undefined
  /** the Ruby that the live release names */
  readonly ruby: string | undefined
  /** the recipes of the services that are live; undefined if the application is not on the servers */
  readonly services: Pick<ServiceParts, 'recipes'> | undefined
}

/** Undefined if no server could be read. */
export const onServer = (look: ServerLook | undefined, live: Live | undefined, recipes: Parts['recipes']): OnServer | undefined => {
  const read = look?.hosts.flatMap((host) => (host.read === undefined ? [] : [{ name: host.name, search: host.read.search }])) ?? []
  if (read.length === 0) return undefined
  const rubies = read.flatMap(({ search: { rubies: all, home } }) =>
    all.map(({ manager, root }) => ({ manager, root: root === `${home}/.${manager}` ? `~/.${manager}` : root })),
  )
  const without = read.filter(({ search }) => !search.rubies.some(({ manager }) => manager === 'rbenv')).map(({ name }) => name)
  return {
    withoutRbenv: without.length < read.length ? without : [],
    name: (live?.on ?? read.map(({ name }) => name)).join(', '),
    rbenv: rubies.find(({ manager }) => manager === 'rbenv')?.root,
    other: rubies.find(({ manager }) => manager !== 'rbenv'),
    ruby: live?.ruby,
    services: live && { recipes },
  }
}
