import type { Finding } from '../../src/index.ts'
import { absolute } from '../absolute.ts'
import { asksForPassword, ttyRemedy } from '../sudo/allowed.ts'
import { sudoWords } from './facts.ts'
import { parted, type Call } from './lifecycle.ts'
import { remedy, sudoRule } from './remedies.ts'
import { otherUser, ownerOf, type Context } from './scope.ts'
import { SIDEKIQ } from './service.ts'
import { blocksOf, everDeployed } from './state.ts'
import { systemctl } from './systemctl.ts'
import { ownersOf } from './whose/read.ts'
import { ownerFindings } from './whose/refuse.ts'

type Names = readonly string[]
type Asked = Call & { readonly optional?: boolean }
type Shown = ReadonlyMap<string, string>

/**
 * What is wrong with the units of a service, by the facts of `doctorFacts` with the same `calls`. `optional` calls, which no deploy makes
 * by itself, are only warnings.
 */
export const unitFindings = (c: Context, names: Names, calls: readonly Asked[]): readonly Finding[] => {
  const blocks = blocksOf(c.facts.shown, names)
  const notAllowed = calls.filter((_, i) => c.facts[`sudo${i}`]?.ok === false)
  const asked = calls.filter((call) => !notAllowed.includes(call) && asksForPassword(c, sudoWords(c.settings, call)))
  return [
    ...oneOf(c, notAllowed, (words) =>
      words.length === 1
        ? `${c.layout.user} may not run ${words[0]} through sudo`
        : `${c.layout.user} may not run these through sudo: ${words.join('; ')}`,
    ),
    ...oneOf(c, asked, (words) => `sudo asks ${c.layout.user} for a password before ${words.join('; ')}`),
    ...(blocks === undefined ? [unreachable(c, names)] : names.flatMap((name, i) => ofUnit(c, name, blocks[i]!, names, blocks))),
    ...ownerFindings(c, names),
    ...(c.facts.linger?.ok === false && !/unknown user/.test(c.facts.shown?.stderr ?? '') ? [noLinger(c)] : []),
  ]
}

/** One finding for all calls that sudo refuses, since they have one remedy. */
const oneOf = (c: Context, calls: readonly Asked[], message: (words: readonly string[]) => string): readonly Finding[] =>
  calls.length === 0
    ? []
    : [
        {
          level: calls.every(({ optional }) => optional === true) ? 'warning' : 'error',
          message: message(calls.map((call) => sudoWords(c.settings, call).join(' '))),
          remedy: ttyRemedy(c.layout.user, c.facts.sudo0?.stderr ?? '') ?? sudoRule(c, calls),
        },
      ]

const unreachable = (c: Context, names: Names): Finding => {
  const { stdout = '', stderr = '', code = 1 } = c.facts.shown ?? {}
  const said = stderr.trim().split('\n')[0]
  return {
    level: 'error',
    message: `${whose(c)} cannot be asked${said ? `: ${said}` : ''}`,
    remedy: remedy(c, names, 'check')({ code, stdout, stderr }),
  }
}

const noLinger = (c: Context): Finding => ({
  level: 'error',
  message: `${ownerOf(c)} does not linger: its services end soon after logout, and do not start at boot`,
  remedy: `sudo loginctl enable-linger ${ownerOf(c)}`,
})

const ofUnit = (c: Context, name: string, of: Shown, names: Names, all: readonly Shown[]): Finding[] => {
  const tasks = (c.service ?? SIDEKIQ).tasks
  const one = (stderr: string) => remedy(c, [name], 'check')({ code: 1, stdout: '', stderr })
  const load = of.get('LoadState')
  if (load === 'not-found')
    return [{ level: everDeployed(c) ? 'error' : 'warning', message: `${name} is not installed`, remedy: one('LoadState=not-found') }]
  if (load === 'masked') return [{ level: 'error', message: `${name} is masked`, remedy: one('is masked') }]
  if (load === 'bad-setting' || load === 'error')
    return [{ level: 'error', message: `systemd cannot read the unit file of ${name}`, remedy: one('bad-setting') }]

  const active = of.get('ActiveState')
  const state = of.get('UnitFileState')
  const socket = parted(names.map((each) => ({ name: each }))).stay.some(
    (each) => each.name !== name && enabled(all[names.indexOf(each.name)]!),
  )
  const found: (Finding | false)[] = [
    active === 'failed' && {
      level: 'error',
      message: `${name} has failed (${of.get('Result') ?? 'why is not known'})`,
      remedy: `see journalctl ${scopeOf(c)}-u ${name}; then ${c.shipit(`${tasks}:restart`)}`,
    },
    active === 'inactive' &&
      everDeployed(c) &&
      of.get('Type') !== 'oneshot' &&
      !socket && { level: 'warning', message: `${name} does not run`, remedy: c.shipit(`${tasks}:start`) },
    state === 'disabled' &&
      !socket && {
        level: 'warning',
        message: `${name} is not enabled: it does not start at boot`,
        remedy: c.shipit(`${tasks}:enable`),
      },
    of.get('NeedDaemonReload') === 'yes' && {
      level: 'warning',
      message: `the unit file of ${name} has changed since systemd read it`,
      remedy: `${command(c, 'daemon-reload')}, then ${c.shipit(`${tasks}:restart`)}`,
    },
    elsewhere(c, name, of),
  ]
  return found.filter((each) => each !== false)
}

/** A service that looks for its files outside `current` goes on with the release in which it was started. */
const elsewhere = (c: Context, name: string, of: Shown): Finding | false => {
  if (!name.endsWith('.service')) return false
  const whose = ownersOf(c).find((one) => one.name === name)?.whose.kind
  // other findings report these; the remedy below would take the unit from its owner
  if (whose === 'foreign' || whose === 'release' || whose === 'host') return false
  const current = absolute(c, c.paths.current)
  const dir = (of.get('WorkingDirectory') ?? '').replace(/^[!-]/, '')
  if (`${dir}/`.startsWith(`${current}/`)) return false
  // without a WorkingDirectory, the command itself may name the folder
  if ((dir === '' || dir === '/') && (of.get('ExecStart') ?? '').includes(current)) return false
  return {
    level: 'warning',
    message: `${name} does not run in ${current}${dir === '' ? ': it has no WorkingDirectory' : `, but in ${dir}`}`,
    remedy: `WorkingDirectory=${current} in the unit, then ${command(c, 'daemon-reload')}`,
  }
}

const enabled = (of: Shown): boolean => (of.get('UnitFileState') ?? '').startsWith('enabled')

const whose = (c: Context): string => (c.settings.serviceUnitUser === 'system' ? 'systemd' : `the systemd of ${ownerOf(c)}`)
const scopeOf = (c: Context): string => (c.settings.serviceUnitUser === 'system' ? '' : '--user ')
const command = (c: Context, verb: string): string =>
  `${c.settings.serviceUnitUser === 'system' ? 'sudo ' : ''}${systemctl(c).join(' ')} ${verb}${otherUser(c) === undefined ? '' : ` as ${ownerOf(c)}`}`
