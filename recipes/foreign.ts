import type { BaseContext } from '../src/index.ts'

/** What is printed behind the path of a file under our name that belongs to somebody else. */
export const notOurs = ({ application, stage }: Pick<BaseContext, 'application' | 'stage'>): string =>
  `exists and does not belong to ${application} (${stage})`

/** The files of which {@link notOurs} was printed. */
export const inTheWay = (stderr: string): string[] =>
  Array.from(stderr.matchAll(/^(\S+) exists and does not belong to /gm), ([, file]) => file!)
