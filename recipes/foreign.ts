import type { StepsContext } from '../src/index.ts'
import { absolute } from './absolute.ts'

type Of = Pick<StepsContext, 'application' | 'stage' | 'paths' | 'layout'>

/** The message about a unit, job or process that has our name but is not ours. `whose` is the reason, such as `runs in /srv/other`. */
export const notOf = (c: Of, what: string, whose: string): string =>
  `${what} ${whose}: it does not belong to ${c.application} (${c.stage}), which is deployed to ${absolute(c, c.paths.deployTo)}`

/** What is printed after the path of a file that has our name but is not ours. */
export const foreignFile = ({ application, stage }: Pick<Of, 'application' | 'stage'>): string =>
  `exists and does not belong to ${application} (${stage})`

/** The files that {@link foreignFile} was printed for. */
export const inTheWay = (stderr: string): string[] =>
  Array.from(stderr.matchAll(/^(\S+) exists and does not belong to /gm), ([, file]) => file!)
