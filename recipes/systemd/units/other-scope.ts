import { fact, sh } from '../../../src/index.ts'
import type { Fact, FactsContext, Finding } from '../../../src/index.ts'
import { listManaged, parseManaged, proveOrigin } from '../../../src/kit/index.ts'
import { otherUser, type ScopeSettings } from '../scope.ts'
import { unitFileOf } from '../names.ts'
import type { OtherUnit, UnitContext, UnitSet } from './context.ts'

const SCOPES = ['system', 'user'] as const

/** Who logs in, and who deploys: another one if root logs in to install. */
type Accounts = Pick<FactsContext['host'], 'user' | 'deployUser'>

/**
 * The unit files that shipit wrote for the systemd of the host, and for that of the deploying account, without the one of the settings:
 * whoever changes `serviceUnitUser` or `user` may have left some there. Those of a third account are not found: the login may not look
 * into its home.
 */
export const otherScopeFact = (settings: ScopeSettings, { user: login, deployUser }: Accounts): Fact<readonly OtherUnit[]> => {
  const own = otherUser({ settings, layout: { user: login ?? '' } }) === undefined ? settings.serviceUnitUser : ''
  const home =
    deployUser === undefined || deployUser === login ? sh`"$HOME"` : sh`"$(getent passwd ${deployUser} 2>/dev/null | cut -d : -f 6)"`
  const look = {
    system: sh`look system /etc/systemd/system`,
    user: sh`look user ${home}/.config/systemd/user`,
  }
  return fact(
    sh`
look() { (cd "$2" 2>/dev/null && echo "== $1" && ${listManaged()}) 2>/dev/null || :; }
${SCOPES.filter((scope) => scope !== own).map((scope) => sh`${look[scope]};`)}`,
    ({ stdout }) =>
      stdout.split(/^== /m).flatMap((part) => {
        const scope = SCOPES.find((one) => part.startsWith(`${one}\n`))
        return scope === undefined ? [] : parseManaged(part).map((file) => ({ ...file, scope }))
      }),
  )
}

/** Units of this deployment that an earlier `serviceUnitUser` or `user` left under another systemd: they start at boot, alongside the new ones. */
export const otherScopeFindings = (c: UnitContext, { names: units, fileNames, elsewhere = [], several }: UnitSet): readonly Finding[] => {
  // another service of the use names its own
  const others = [...elsewhere, ...fileNames.filter((name) => !units.map(unitFileOf).includes(name))]
  const found = (c.facts.otherScope ?? []).filter((file) => !others.includes(file.name) && proveOrigin(c, file)?.is === 'ours')
  return SCOPES.flatMap((scope): readonly Finding[] => {
    const names = found.filter((file) => file.scope === scope).map(({ name }) => name)
    if (names.length === 0) return []
    const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them']
    const manager = scope === 'system' ? 'the systemd of the host' : `the systemd of ${deployerOf(c)}`
    const prune = several === true && names.some((name) => !fileNames.includes(name))
    return [
      {
        level: 'error',
        message: `${names.join(', ')} ${are} still installed under ${manager}, from older settings: a deploy does not stop ${them}, so an old release may run there`,
        remedy: `stop and remove ${them} under the old settings: ${uninstall(c, scope, prune)}`,
      },
    ]
  })
}

/** The uninstallation under the systemd that the units were installed for. */
const uninstall = (c: UnitContext, scope: OtherUnit['scope'], prune: boolean): string => {
  const { account, tasks } = c.service
  const user = deployerOf(c)
  const runsAs = scope === 'user' && c.settings.user !== null && c.settings.user !== user ? ['--set', `${account}=${user}`] : []
  const set = ['--set', `${account.replace(/[^.]+$/, 'serviceUnitUser')}=${scope}`, ...runsAs]
  const login = scope === 'system' ? 'root' : user
  const root = c.layout.user === login ? [] : ['--set', `ssh.user=${login}`]
  return c.shipit(`${tasks}:uninstall`, ...(prune ? ['--prune'] : []), ...set, ...root)
}

/** The account that deploys. */
const deployerOf = ({ host, layout }: UnitContext): string => host.deployUser ?? (layout.user || 'deploy')
