import { z } from 'zod'
import { sh } from '../../../src/index.ts'
import type { Command, Host, RunContext } from '../../../src/index.ts'
import { sudoersFile } from '../../sudo/file.ts'
import type { Settings } from '../settings.ts'
import { binOf, fileText, rules, type SudoersHost } from './rules.ts'
import { installRules } from './install.ts'

type Context = RunContext<Settings>

/**
 * The task: prints the sudo rules that the configured tasks need, once for all hosts that need the same, or installs them. It runs code
 * because only the host knows who logs in and where systemctl is, and the rules name both.
 */
export const sudoers = {
  shows: true,
  args: z.object({
    /** writes /etc/sudoers.d/…, as root or as an account with full sudo rights */
    install: z.boolean().default(false),
    /** the account that the rules are for, if it is not the one that logs in */
    for: z.string().min(1).optional(),
  }),
  run: async (c: Context): Promise<void> => {
    const asked = await c.on({ roles: c.settings.roles }, async (host) => hostOf(c, await host.capture(ask(c))))
    const wanted = new Map([...asked].map(([host, said]) => [host.name, { said: whom(c, host, said), host }]))
    const groups = grouped([...wanted.values()].map(({ said, host }) => [rules(c, said).join('\n'), host.name]))
    for (const [text, names] of groups)
      for (const line of text === ''
        ? [none(c, names)]
        : [`# /etc/sudoers.d/${sudoersFile(c)} on ${names.join(', ')}`, ...text.split('\n')])
        c.log.info(line)
    if (c.args.install !== true) return
    await c.on({ roles: c.settings.roles }, async (host) => {
      const { said } = wanted.get(host.name)!
      const lines = rules(c, said)
      if (lines.length === 0) return
      await host.steps([installRules(c, said, sudoersFile(c), fileText(c, lines))])
      c.log.info(`# ${host.name}: wrote /etc/sudoers.d/${sudoersFile(c)}, for ${said.user}`)
    })
  },
}

const ask = (c: Context): Command => {
  const bin = binOf(c)
  return sh`id -un; command -v ${bin} || echo ${bin}; stat -L -c %U ${c.paths.deployTo} 2>/dev/null || :`.title('look at the host')
}

interface Said extends SudoersHost {
  readonly owner: string
}
/** If the command is not in this account's PATH, assumes the directory in which sudo's own PATH has it. */
const hostOf = (c: Context, text: string): Said => {
  const [user = '', bin = '', owner = ''] = text.split('\n')
  return { user, bin: bin.startsWith('/') ? bin : `${c.settings.manager === 'upstart' ? '/sbin' : '/usr/bin'}/${bin}`, owner }
}

/**
 * The account that deploys: the one the config names, whatever `--set ssh.user` says, or else the owner of `deployTo`. The login counts
 * only if `--set ssh.user` did not choose it.
 */
const whom = (c: Context, host: Host, said: Said): SudoersHost => {
  const named = c.args.for as string | undefined
  const owner = said.owner === '' || said.owner === 'root' ? undefined : said.owner
  const login = host.user === undefined || host.user === host.deployUser ? said.user : undefined
  const user = [named, host.deployUser, owner, login].find((one) => one !== undefined && one !== 'root')
  if (user !== undefined) return { ...said, user }
  return c.fail(`the account that deploys is not known: ${said.user} logged in`, {
    host,
    hint: `name the account: ${c.shipit('sidekiq:sudoers', '--for', 'deploy')}`,
  })
}

const grouped = (all: readonly (readonly [text: string, host: string])[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>()
  for (const [text, host] of all) groups.set(text, [...(groups.get(text) ?? []), host])
  return groups
}

const none = ({ settings: s }: Context, hosts: readonly string[]): string =>
  `# ${hosts.join(', ')}: none needed, ${s.manager === 'signals' ? 'whoever deploys runs Sidekiq' : "the units are of the deploy user's own systemd"}`
