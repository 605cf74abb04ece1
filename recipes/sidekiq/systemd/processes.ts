import type { Finding } from '../../../src/index.ts'
import { blocksOf } from '../../systemd/state.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import { inFront, WRAPPERS } from './wrapper.ts'

/** Findings from the fact `runs`: a wrapper as the main process, and missing files and folders that a unit names. */
export const processFindings = (c: Context): readonly Finding[] => {
  const rows = c.facts.runs?.ok === true ? c.facts.runs.stdout.split('\n') : []
  const names = unitNames(c.settings)
  const told = (unit: string) => inFront(unit, blocksOf(c.facts.more, names)?.[names.indexOf(unit)] ?? new Map()) !== false
  const found = rows.flatMap((row): readonly Finding[] => {
    const [what, unit = '', ...rest] = row.split(' ')
    const path = rest.join(' ')
    switch (what) {
      case 'comm':
        return WRAPPERS.test(rest[0] ?? '') && rest.length > 1 && !told(unit) ? [wrapped(unit, rest[0]!)] : []
      case 'folder':
        return [
          {
            level: 'error',
            message: `${unit}: the folder of its log, ${path}, is not there (209/STDOUT)`,
            remedy: `make it: mkdir -p ${path}; or ${c.shipit('sidekiq:install')}`,
          },
        ]
      case 'file':
        return [
          {
            level: 'error',
            message: `${unit}: its EnvironmentFile ${path} is not there`,
            remedy: `write it, or put a dash before it, where it may be missing: EnvironmentFile=-${path}`,
          },
        ]
      default:
        return []
    }
  })
  return found.filter((one, i) => found.findIndex((other) => other.message === one.message) === i)
}

const wrapped = (unit: string, name: string): Finding => ({
  level: 'error',
  message: `${unit}: the main process is ${name}, with Sidekiq as its child: signals do not reach it, and Type=notify does not work`,
  remedy: "write exec before the command in ExecStart: /bin/bash -lc 'exec bundle exec sidekiq …'; and User= instead of su",
})
