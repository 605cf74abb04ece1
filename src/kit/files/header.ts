import type { StepsContext } from '../../index.ts'
import { expandHome } from '../expand-home.ts'

/** Who wrote a file, by its first line. */
export interface Header {
  readonly application: string
  readonly stage: string
  /** which use of a recipe, such as `sidekiq`; undefined: an older shipit, which did not record it */
  readonly use: string | undefined
  /** the part of the use that wrote it, such as a service of `systemd()`; undefined: it has no parts, or an older shipit wrote it */
  readonly part: string | undefined
  /** the file's own name, and the folder of the deployment; undefined: an older shipit, which did not record them */
  readonly of: { readonly name: string; readonly deployTo: string } | undefined
}

type Named = Pick<StepsContext, 'application' | 'stage' | 'usedAs'>
/** A use of a recipe; before the host is read, its home is not known. */
export type HeaderContext = Named & Pick<StepsContext, 'paths'> & { readonly layout?: { readonly home?: string } }
/** `part`: the part of the use that writes the file, if several do: `web` of `systemd:web:install`. */
type InParts = { readonly part?: string | undefined }

/** The folder that this use is deployed to, as headers name it. */
export const deployFolder = ({ paths, layout }: HeaderContext): string =>
  expandHome({ layout: { home: layout?.home ?? '~' } }, paths.deployTo)

/** The first line of a file that a recipe writes under this name. It includes the folder because two deployments may use the same names. */
export const headerOf = (c: HeaderContext & InParts, name: string): string =>
  `${writtenFor(c)}${installTask(c.usedAs, c.part)} writes ${name} anew from the config. Deployed to ${deployFolder(c)}`

/** The start of the first lines of all files of this use, including those of older versions. */
export const headerStart = (c: Named & InParts): string =>
  `${writtenFor(c)}${c.part === undefined ? `${installTask(c.usedAs)} ` : `${c.usedAs}:`}`

const writtenFor = ({ application, stage }: Named): string => `# Written by shipit for ${application} (${stage}): `
const installTask = (use: string, part?: string): string => `${use}${part === undefined ? '' : `:${part}`}:install`

/** The first line that older versions of `monit()` and `inspeqtor()` wrote. */
export const olderHeader = ({ application, stage }: Pick<Named, 'application' | 'stage'>): string =>
  `# by shipit, for ${application} (${stage})`

/** Reads the first line of a file; undefined: shipit did not write it. */
export const parseHeader = (text: string): Header | undefined => {
  const line = firstLine(text)
  const [, application, stage, use, part, name, deployTo] =
    /^# Written by shipit for (.+) \(([^()]+)\): ([\w-]+)(?::([\w-]+))?:install (?:writes (\S+) anew from the config\. Deployed to (.+)$)?/.exec(
      line,
    ) ??
    /^# by shipit, for (.+) \(([^()]+)\)$/.exec(line) ??
    []
  if (application === undefined || stage === undefined) return undefined
  return { application, stage, use, part, of: name === undefined || deployTo === undefined ? undefined : { name, deployTo } }
}

/** Whether this use of a recipe wrote a file under this name, for this folder. Not true for a copy under another name. */
export const isOurFile = (c: HeaderContext, name: string, text: string): boolean => {
  const header = parseHeader(text)
  if (header === undefined || !isSameStage(c, header) || header.use !== c.usedAs) return false
  return header.of === undefined || (header.of.name === name && header.of.deployTo === deployFolder(c))
}

export const isSameStage = (c: Pick<Named, 'application' | 'stage'>, header: Header): boolean =>
  header.application === c.application && header.stage === c.stage

/** Who wrote a file that is not ours, in words. */
export const describeWriter = (name: string, text: string): string => {
  const header = parseHeader(text)
  if (header === undefined) return 'was not written by shipit'
  const { application, stage, use, part, of } = header
  const by = `was written by shipit for ${application} (${stage})${use === undefined ? '' : `: ${installTask(use, part)}`}`
  if (of === undefined) return by
  return `${of.name === name ? '' : `is a copy of ${of.name}, which `}${by}, deployed to ${of.deployTo}`
}

/** Whether two texts differ at most in their first comments: an older version wrote other first lines. */
export const sameBody = (one: string, other: string): boolean => bodyOf(one) === bodyOf(other)

const bodyOf = (text: string): string => text.replace(/^(?:#.*\n)+/, '').trimEnd()
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
