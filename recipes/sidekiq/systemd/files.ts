import { readFileSync } from 'node:fs'
import { warn } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { blocksOf } from '../../systemd/state.ts'
import type { Context } from '../manager.ts'
import { isOurs } from '../mark.ts'
import { fileNames, unitNames } from '../units.ts'
import { hostOf, type UnitHost } from './host.ts'
import { unitText, unknownNames } from './text.ts'

/** A unit file as it should be, and as it is on the host. */
export interface UnitFile {
  /** `sidekiq.service`; `sidekiq@.service` for several processes */
  readonly name: string
  readonly text: string
  /** '': there is none; undefined: it could not be read */
  readonly now: string | undefined
  /** written by somebody else or by another application: it lacks our first line */
  readonly foreign: boolean
}

/** The unit files of this host. Throws an `Error` if the template cannot be read. */
export const unitFiles = (c: Context, host: UnitHost | undefined = hostOf(c.facts)): readonly UnitFile[] => {
  const template = templateOf(c)
  return fileNames(c.settings).map(({ name, configFile }, i) => {
    const fact = c.facts[`file${i}`]
    const now = fact?.ok === true ? fact.stdout : undefined
    const text = unitText(c, host, { name: name.replace(/\.service$/, ''), configFile }, template)
    return { name, text, now, foreign: now !== undefined && now !== '' && !isOurs(c, now) }
  })
}

/** Whether the file on the host is as it should be. A fact may have lost its final newline. */
export const same = ({ text, now }: UnitFile): boolean => now !== undefined && now.trimEnd() === text.trimEnd()

/** Units on the host that belong to this use of the recipe and are no longer in the settings. */
export const staleUnits = (c: Context): readonly string[] => {
  const wanted = [...unitNames(c.settings), ...fileNames(c.settings).map(({ name }) => name)]
  const found = c.facts.ours?.ok === true ? c.facts.ours.stdout.split('\n').filter((name) => name !== '') : []
  const templates = found.filter((name) => name.endsWith('@.service'))
  // a template itself is not a unit; its instances are
  return [...new Set(found)].filter((name) => {
    if (wanted.includes(name)) return false
    return !/@[^.]+\.service$/.test(name) || templates.includes(name.replace(/@[^@]*$/, '@.service'))
  })
}

/** A warning that names unit files that may be ours and cannot be read; undefined if there are none. */
export const unreadUnits = (c: Context): Command | undefined => {
  const names = Array.from((c.facts.ours?.stderr ?? '').matchAll(/^grep: (.+): Permission denied$/gm), ([, name]) => name!)
  return names.length === 0
    ? undefined
    : warn(`cannot be read, and may be ours: ${names.join(', ')}`).title('look for units of older settings')
}

/** The output of `systemctl show` for each unit, in the order of the settings; undefined if the host could not be asked. */
export const shownOf = (c: Context) => blocksOf(c.facts.shown, unitNames(c.settings))

const templateOf = ({ settings: { unitTemplate: file } }: Context): string | undefined => {
  if (file === null) return undefined
  const text = readFileSync(file, 'utf8')
  const [unknown] = unknownNames(text)
  if (unknown !== undefined) throw new Error(`{{${unknown}}} in ${file} means nothing: directives ({{ExecStart}}) and ${KNOWN} do`)
  return text
}

const KNOWN = '{{application}}, {{stage}}, {{unit}}, {{user}}, {{current}}, {{shared}}, {{configFile}}, {{timeout}}'
