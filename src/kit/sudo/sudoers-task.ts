import { z } from 'zod'
import { sh } from '../../index.ts'
import type { Command, Host, RunContext } from '../../index.ts'
import { sudoersFile } from './sudoers-remedy.ts'
import { installSudoers } from './sudoers-install.ts'
import { defaultBin, type SudoersHost, sudoersLines, type SudoersRules } from './sudoers-rules.ts'

const args = z.object({
  /** writes /etc/sudoers.d/…, as root or as an account with full sudo rights */
  install: z.boolean().default(false),
  /** the account that the rules are for, if it is not the one that logs in */
  for: z.string().min(1).optional().meta({ title: 'ACCOUNT' }),
})
type Context<S> = RunContext<S, Record<string, unknown>, z.output<typeof args>>

/**
 * A task that prints the sudo rules that the other tasks of a recipe need, once for all hosts with the same rules, or installs them. It runs
 * code because only the host knows which account logs in and where the program is, and the rules name both.
 */
export const sudoersTask = <S>(rules: SudoersRules<S>) => ({
  shows: true,
  args,
  run: async (c: Context<S>): Promise<void> => {
    const answers = await c.on(rules.on(c), async (host) => hostOf(rules, c, await host.capture(ask(rules, c))))
    const targets = new Map([...answers].map(([host, answer]) => [host.name, targetOf(rules, c, host, answer)]))
    const groups = grouped([...targets].map(([name, target]) => [sudoersLines(rules, c.settings, target).join('\n'), name]))
    const name = sudoersFile(c, rules.part)
    for (const [text, hosts] of groups)
      for (const line of text === ''
        ? [`# ${hosts.join(', ')}: none needed, ${rules.whyNone(c.settings)}`]
        : [`# /etc/sudoers.d/${name} on ${hosts.join(', ')}`, ...text.split('\n')])
        c.log.info(line)
    if (!c.args.install) return
    await c.on(rules.on(c), async (host) => {
      const target = targets.get(host.name)!
      if (sudoersLines(rules, c.settings, target).length === 0) return
      await host.steps([installSudoers(rules, c, target)])
      c.log.info(`# ${host.name}: wrote /etc/sudoers.d/${name}, for ${target.user}`)
    })
  },
})

const ask = <S>(rules: SudoersRules<S>, c: Context<S>): Command => {
  const bin = rules.bin(c.settings)
  return sh`id -un; command -v ${bin} || echo ${bin}; stat -L -c %U ${c.paths.deployTo} 2>/dev/null || :`.title('look at the host')
}

interface Answer extends SudoersHost {
  readonly owner: string
}
const hostOf = <S>(rules: SudoersRules<S>, c: Context<S>, text: string): Answer => {
  const [user = '', bin = '', owner = ''] = text.split('\n')
  return { user, bin: bin.startsWith('/') ? bin : defaultBin(rules, c.settings), owner }
}

/**
 * The account that deploys: the one in the config, even with `--set ssh.user`, or else the owner of `deployTo`. The login counts
 * only if `--set ssh.user` did not choose it.
 */
const targetOf = <S>(rules: SudoersRules<S>, c: Context<S>, host: Host, answer: Answer): SudoersHost => {
  const owner = answer.owner === '' || answer.owner === 'root' ? undefined : answer.owner
  const login = host.user === undefined || host.user === host.deployUser ? answer.user : undefined
  const user = [c.args.for, host.deployUser, owner, login].find((one) => one !== undefined && one !== 'root')
  if (user !== undefined) return { ...answer, user }
  return c.fail(`the account that deploys is not known: ${answer.user} logged in`, {
    host,
    hint: `name the account: ${c.shipit(rules.task, '--for', 'deploy')}`,
  })
}

const grouped = (all: readonly (readonly [text: string, host: string])[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>()
  for (const [text, host] of all) groups.set(text, [...(groups.get(text) ?? []), host])
  return groups
}
