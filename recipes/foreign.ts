import type { StepsContext } from '../src/index.ts'
import { absolute } from './absolute.ts'

type Of = Pick<StepsContext, 'application' | 'stage' | 'paths' | 'layout'>

/** The sentence for a unit, a job or a process under our name that is somebody else's: `whose` says how that is known. */
export const notOf = (c: Of, what: string, whose: string): string =>
  `${what} ${whose}: it does not belong to ${c.application} (${c.stage}), which is deployed to ${absolute(c, c.paths.deployTo)}`

/** What is printed behind the path of a file under our name that belongs to somebody else. */
export const foreignFile = ({ application, stage }: Pick<Of, 'application' | 'stage'>): string =>
  `exists and does not belong to ${application} (${stage})`

/** The files of which {@link foreignFile} was printed. */
export const inTheWay = (stderr: string): string[] =>
  Array.from(stderr.matchAll(/^(\S+) exists and does not belong to /gm), ([, file]) => file!)
