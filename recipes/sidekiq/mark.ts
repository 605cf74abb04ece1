import type { Context } from './manager.ts'

type Of = Pick<Context, 'application' | 'stage' | 'usedAs'>

/** Start of the first line of every file that `install` writes: the application, the stage, and which use of the recipe wrote it. */
export const markOf = ({ application, stage, usedAs }: Of): string => `# Written by shipit for ${application} (${stage}): ${usedAs}:install`

/** Whether a file on a host belongs to this use of the recipe. Two applications on one host may have chosen the same name. */
export const isOurs = (c: Of, text: string): boolean => text.startsWith(`${markOf(c)} `)

/** Who wrote a file that is not ours, in words. */
export const whoseElse = (text: string): string => {
  const [, who] = /^# Written by shipit for (.+ \(.+\): [\w-]+:install) /.exec(text) ?? []
  return who === undefined ? 'was not written by shipit' : `was written by shipit for ${who}`
}
