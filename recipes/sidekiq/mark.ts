import type { Context } from './manager.ts'

type Of = Pick<Context, 'application' | 'stage' | 'usedAs'>

/** The first line of what `install` writes begins so: whose application's, and of several uses of the recipe which one's. */
export const markOf = ({ application, stage, usedAs }: Of): string => `# Written by shipit for ${application} (${stage}): ${usedAs}:install`

/** Whether a file on a host is this use's own. Two applications on one host may have chosen the same name. */
export const isOurs = (c: Of, text: string): boolean => text.startsWith(`${markOf(c)} `)

/** Whose a file is instead, for people. */
export const whoseElse = (text: string): string => {
  const [, who] = /^# Written by shipit for (.+ \(.+\): [\w-]+:install) /.exec(text) ?? []
  return who === undefined ? 'was not written by shipit' : `was written by shipit for ${who}`
}
