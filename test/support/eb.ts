import { parse } from 'yaml'
import { planOf, type Context, type EbFile } from '../../recipes/eb/plan.ts'
import { systemdFiles } from '../../recipes/eb/systemd.ts'
import { upstartFiles } from '../../recipes/eb/upstart.ts'
import { eb } from '../../recipes/index.ts'
import { contextOf, type Given } from './context.ts'

type Settings = Exclude<Parameters<typeof eb>[0], undefined>

/** The files that eb:export writes with these settings. */
export const ebFiles = (settings: Settings = {}, given: Given = {}): readonly EbFile[] => {
  const c = contextOf(eb(settings), given) as unknown as Context
  return c.settings.platform === 'al1' ? upstartFiles(planOf(c)) : systemdFiles(planOf(c))
}

export const ebText = (path: string, ...given: Parameters<typeof ebFiles>): string =>
  ebFiles(...given).find((file) => file.path === path)?.text ?? ''

/** A file of .ebextensions, as Elastic Beanstalk reads it. */
export interface EbConfig {
  readonly files?: Readonly<Record<string, { mode: string; content: string }>>
  readonly commands?: Readonly<Record<string, { command: string }>>
  readonly packages?: unknown
}
export const ebConfig = (path: string, ...given: Parameters<typeof ebFiles>): EbConfig => parse(ebText(path, ...given)) as EbConfig
