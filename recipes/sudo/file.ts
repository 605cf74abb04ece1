import type { BaseContext } from '../../src/index.ts'

/**
 * The file in /etc/sudoers.d for one use of a recipe, or for a part of it; one with a dot in its name is not read. Of all rules that match
 * sudo goes by the last, in the order of the files' names (sudoers(5)): `deploy ALL=(ALL) ALL` in a file `deploy` would ask for a password.
 */
export const sudoersFile = ({ application, stage, usedAs }: Pick<BaseContext, 'application' | 'stage' | 'usedAs'>, part?: string): string =>
  ['zz', application, stage, usedAs, ...(part === undefined ? [] : [part])].join('_').replaceAll(/[^\w-]/g, '_')

/** How to allow this to the account that deploys: one rule, in the file of this application and stage alone. */
export const sudoersRule = (c: Parameters<typeof sudoersFile>[0], user: string, rule: string, part?: string): string =>
  `As root: visudo -f /etc/sudoers.d/${sudoersFile(c, part)}, with the line\n${user} ALL=${rule}`
