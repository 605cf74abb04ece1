import type { BaseContext } from '../../src/index.ts'

/**
 * The file in /etc/sudoers.d for one use of a recipe, or for a part of it. sudo skips files with a dot in their names, and uses the last
 * rule that matches, in the order of the file names (sudoers(5)), hence `zz`: `deploy ALL=(ALL) ALL` in a file `deploy` would ask for a
 * password.
 */
export const sudoersFile = ({ application, stage, usedAs }: Pick<BaseContext, 'application' | 'stage' | 'usedAs'>, part?: string): string =>
  ['zz', application, stage, usedAs, ...(part === undefined ? [] : [part])].join('_').replaceAll(/[^\w-]/g, '_')

/** How to allow this to the deploying account: one rule, in a file for this application and stage only. */
export const sudoersRule = (c: Parameters<typeof sudoersFile>[0], user: string, rule: string, part?: string): string =>
  `As root: visudo -f /etc/sudoers.d/${sudoersFile(c, part)}, with the line\n${user} ALL=${rule}`
