import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  appendFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { QuickFleet } from './quick.ts'

/** The files of every complete release. */
const PARTS = ['one', 'two', 'whole']
export const fill = PARTS.map((part) => `touch ${part}`).join('; ')

export interface Disk {
  live(): string | undefined
  releases(): string[]
  complete(name: string): boolean
  /** the first line of its record */
  state(name: string): string | undefined
  /** deploys like Capistrano 3.17.2; `fails`: before the release is complete */
  capDeploy(name: string, o: { message: boolean; keep: number; fails: boolean }): void
  /** rolls back like Capistrano, if that goes to a complete release; returns where it went from and to */
  capRollback(): { from: string; to: string } | undefined
}

export const diskOf = (fleet: QuickFleet, host: string): Disk => {
  const at = (...path: string[]) => fleet.on(host, join('srv', ...path))
  const live = () => (existsSync(at('current')) ? readlinkSync(at('current')).split('/').at(-1) : undefined)
  const releases = () =>
    existsSync(at('releases'))
      ? readdirSync(at('releases'))
          .filter((name) => /^\d{14}$/.test(name))
          .sort()
      : []
  const complete = (name: string) => PARTS.every((part) => existsSync(at('releases', name, part)))
  const link = (name: string) => {
    rmSync(at('releases/current'), { force: true })
    symlinkSync(at('releases', name), at('releases/current'))
    renameSync(at('releases/current'), at('current'))
  }
  return {
    live,
    releases,
    complete,
    state: (name) =>
      existsSync(at('.shipit/releases', name)) ? readFileSync(at('.shipit/releases', name), 'utf8').split('\n')[0] : undefined,
    capDeploy: (name, { message, keep, fails }) => {
      mkdirSync(at('releases', name), { recursive: true })
      writeFileSync(at('releases', name, 'one'), '')
      if (fails) return
      for (const part of PARTS) writeFileSync(at('releases', name, part), '')
      link(name)
      for (const old of releases().slice(0, -keep)) if (old !== name) rmSync(at('releases', old), { recursive: true })
      appendFileSync(
        at('revisions.log'),
        message ? `${name} went out\n` : `Branch main (at ${'c'.repeat(40)}) deployed as release ${name} by bob\n`,
      )
    },
    capRollback: () => {
      // ls -xt: by modification time, newest first
      const byTime = releases().sort((a, b) => statSync(at('releases', b)).mtimeMs - statSync(at('releases', a)).mtimeMs)
      const [newest, to] = byTime
      const from = live()
      if (newest === undefined || to === undefined || from === undefined || from === to || !complete(to)) return undefined
      link(to)
      if (newest !== to) rmSync(at('releases', newest), { recursive: true })
      appendFileSync(at('revisions.log'), `bob rolled back to release ${to}\n`)
      return { from, to }
    },
  }
}
