import { SYMBOL } from '../../output/format.ts'
import { proseLines } from '../../output/hint.ts'
import { sameRepository } from '../../values/repo-url.ts'
import { redactText } from '../redact-text.ts'
import { FILE, repoPlaceholder, SERVER_PLACEHOLDER, type Answered } from './answer.ts'
import type { Findings } from './look.ts'
import type { Parts } from './parts.ts'
import { withoutText } from './remote.ts'
import type { Live } from './server/live-application.ts'
import type { ServiceParts } from './server/service-parts.ts'

export interface Done {
  readonly found: Findings
  readonly parts: Parts
  readonly answers: Answered
  readonly stage: string
  readonly servers: readonly string[]
  readonly repoTree: string | undefined
  readonly services: ServiceParts
}

/** What is left to do, and what is not in the config, as sentences. */
export const todoOf = ({ found, parts, answers, stage, servers, repoTree, services }: Done): readonly string[] => {
  const { live, open, repoUrl } = answers
  return [
    ...parts.notes,
    ...services.notes,
    ...open,
    ...(repoTree === undefined
      ? []
      : [`only ${repoTree} of the repository is deployed, because init ran there: without repoTree, it is all of it`]),
    ...(live?.notes ?? []),
    ...(live === undefined || live.without.length === 0 ? [] : [`${live.without.join(', ')}: nothing is in ${live.deployTo} there yet`]),
    ...(services.roles.size > 0 && servers.length > services.roles.size
      ? ['the servers have different services: check the roles in servers']
      : []),
    ...(repoUrl === repoPlaceholder(found) ? [`put the address of your repository into ${FILE}: repoUrl`] : []),
    ...withoutText(found.remote, 'the remote'),
    ...(found.remote.path && live === undefined && repoUrl === found.remote.url
      ? ['the address of the remote is a path: each server must have the repository there']
      : []),
    ...(live === undefined ? [] : repositoryNotes(live, repoUrl)),
    ...(live === undefined ? [] : ownerNotes(live, answers.application, stage)),
    ...(servers[0] === SERVER_PLACEHOLDER ? [`put your server into ${FILE}: servers`] : []),
  ]
}

const repositoryNotes = ({ remote, on, deployTo }: Live, repoUrl: string): readonly string[] => [
  ...(remote.url === undefined || sameRepository(remote.url, repoUrl)
    ? []
    : [`${on.join(', ')} deployed ${deployTo} from another repository until now: ${remote.url}`]),
  ...withoutText(remote, `the repository on ${on.join(', ')}`),
]

/** Until the records name this application and this stage, no deploy of them goes there. */
const ownerNotes = ({ owner, deployTo }: Live, application: string, stage: string): readonly string[] => {
  const recorded = [owner?.application ?? application, owner?.stage ?? stage].join(' ')
  return recorded === `${application} ${stage}`
    ? []
    : [
        `${deployTo} belongs to ${recorded} until now, and the config says ${application} ${stage}: the plan of a deploy says how to hand it over`,
      ]
}

/** These sentences as lines of at most `columns` columns. */
export const todoLines = (todo: readonly string[], columns: number): readonly string[] =>
  // masked first: no redactor recognizes a secret that was broken into lines
  todo.flatMap((line) => proseLines(redactText(`${SYMBOL.warn} ${line}`), columns - 2).map((part, i) => `${i > 0 ? '  ' : ''}${part}`))
