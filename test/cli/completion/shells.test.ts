import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noteReleases } from '../../../src/cli/seen-releases.ts'
import { COMPILED } from '../../support/cache.ts'
import { needs } from '../../support/needs.ts'
import { configText, place } from '../support/place.ts'
import { terminals, type Terminal } from '../support/terminal.ts'

/** A task whose name a shell would like to run. */
const ODD = 'od d:$(touch evil)`touch evil`\'"x1'
const open = terminals()
const project = place({
  'deploy.config.ts': configText(`
  tasks: {
    'db:pull': { description: 'Pull: $(touch evil) \`touch evil\` %F{red}', steps: () => [] },
    ${JSON.stringify(ODD)}: { description: 'Odd', steps: () => [] },
  },
  stages: {
    production: { servers: [{ host: 'a1', roles: ['app'] }, { host: 'a2', roles: ['db'] }] },
    'prod.eu': { servers: ['b1'] },
  },`).replace('\n\n', '\nconsole.log("loud")\n'),
})
after(() => project.remove())
project.write({ 'bin/shipit': `#!/bin/sh\nexec ${project.words().join(' ')} "$@"\n` })
chmodSync(join(project.dir, 'bin/shipit'), 0o755)
const env = { PATH: `${project.dir}/bin:${process.env['PATH']}`, HOME: project.home, LANG: 'C.UTF-8', TERM: 'screen', ...COMPILED }

/** The releases that the last command saw. */
const [NEWER, OLDER] = ['20261122141200', '20261121090000'] as const
process.env['XDG_CACHE_HOME'] = join(project.home, '.cache')
noteReleases(join(project.dir, 'deploy.config.ts'), 'production', [
  { name: NEWER, state: 'good', revision: 'a'.repeat(40), live: true },
  { name: OLDER, state: 'bad', revision: undefined, live: false },
])
delete process.env['XDG_CACHE_HOME']

/** A shell at a prompt that has read the completion; how to press Tab after a text, and see the line then. */
const shell = async (name: string, words: readonly string[], set: string): Promise<(typed: string, seen: RegExp) => Promise<string>> => {
  const terminal: Terminal = open(name, words, { cwd: project.dir, env, columns: 200 })
  await terminal.until(/[>$#] *$/)
  terminal.type(`${set}; echo read"y"`)
  terminal.keys('Enter')
  await terminal.until(/^ready$/m)
  return async (typed, seen) => {
    terminal.type(typed)
    terminal.keys('Tab')
    const screen = await terminal.until(seen)
    terminal.keys('C-c')
    // the signal empties the terminal's input, so nothing is typed before it has arrived
    await terminal.until(/[>$#] *$/)
    terminal.keys('C-l')
    await terminal.until(/^[^\n]*[>$#] *$/)
    return screen
  }
}
const bash = (name: string) => shell(name, ['bash', '--norc', '--noprofile', '-i'], 'source <(shipit completion bash)')

test('bash completes stages, tasks with a colon, lists of hosts, settings and files', { skip: needs('tmux', 'bash') }, async () => {
  const tab = await bash('words')
  await tab('shipit produ', /shipit production *$/m)
  await tab('shipit production db:', /production db:pull *$/m)
  await tab('shipit production deploy:ro', /production deploy:rollback *$/m)
  await tab('shipit production deploy --hosts=a1,', /--hosts=a1,a2 *$/m)
  await tab('shipit production deploy --set keepR', /--set keepReleases=$/m)
  await tab('shipit production deploy:rollback --release 20261122', new RegExp(`--release ${NEWER} *$`, 'm'))
  await tab('shipit production deploy:rollback --release=20261121', new RegExp(`--release=${OLDER} *$`, 'm'))
  await tab('shipit production deploy --config=dep', /--config=deploy\.config\.ts *$/m)
  await tab('bin/shipit prod.', /bin\/shipit prod\.eu *$/m)
})

/** Whether a shell reads the line on a screen as the odd task. */
const readsOdd = (program: string, screen: string): void => {
  const typed = /shipit production (.+?) *$/m.exec(screen)![1]!
  const { stdout } = spawnSync(program, ['-c', `printf %s ${typed}`], { encoding: 'utf8', cwd: project.dir, env })
  assert.equal(stdout, ODD, typed)
  assert.ok(!existsSync(join(project.dir, 'evil')))
}

test('bash quotes the name of a task, and evaluates no part of it', { skip: needs('tmux', 'bash') }, async () => {
  const tab = await bash('quotes')
  for (const typed of ['od', "'od", '"od']) readsOdd('bash', await tab(`shipit production ${typed}`, /production .*x.*1['"]? *$/m))
})

test('zsh completes and describes, quotes, and evaluates nothing', { skip: needs('tmux', 'zsh') }, async () => {
  const tab = await shell('zsh', ['zsh', '-f', '-i'], 'autoload -Uz compinit; compinit -D; source <(shipit completion zsh)')
  await tab('shipit produ', /shipit production *$/m)
  await tab('shipit production deploy:ro', /production deploy:rollback *$/m)
  await tab('shipit production d', /^db:pull +-- Pull: \$\(touch evil\) `touch evil` %F\{red\}$/m)
  await tab('shipit production deploy --hosts=a1,', /--hosts=a1,a2 *$/m)
  await tab('shipit production deploy --set keepR', /--set keepReleases=$/m)
  await tab('shipit production deploy:rollback --release 2026112', new RegExp(`^${NEWER} +-- good, live, aaaaaaa\\n${OLDER} +-- bad$`, 'm'))
  await tab('shipit production deploy:rollback --release=20261121', new RegExp(`--release=${OLDER} *$`, 'm'))
  await tab('shipit production deploy --config=dep', /--config=deploy\.config\.ts *$/m)
  await tab('bin/shipit prod.', /bin\/shipit prod\.eu *$/m)
  for (const typed of ['od', "'od", '"od']) readsOdd('zsh', await tab(`shipit production ${typed}`, /production .*x.*1['"]? *$/m))
})

test('zsh finds the completion as a file in its path', { skip: needs('tmux', 'zsh') }, async () => {
  mkdirSync(join(project.dir, 'functions'))
  const set = 'shipit completion zsh > functions/_shipit; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -D'
  const tab = await shell('zsh2', ['zsh', '-f', '-i'], set)
  await tab('shipit produ', /shipit production *$/m)
})

test('fish completes and describes, quotes, and evaluates nothing', { skip: needs('tmux', 'fish') }, async () => {
  const tab = await shell('fish', ['fish', '--no-config', '-i'], 'shipit completion fish | source')
  await tab('shipit produ', /shipit production *$/m)
  await tab('shipit production deploy:ro', /production deploy:rollback *$/m)
  await tab('shipit production d', /^db:pull +\(Pull: \$\(touch evil\) `touch evil` %F\{red\}\)/m)
  await tab('shipit production deploy --hosts=a1,', /--hosts=a1,a2 *$/m)
  await tab('shipit production deploy --set keepR', /--set keepReleases= *$/m)
  await tab('shipit production deploy:rollback --release 2026112', new RegExp(`${OLDER} +\\(bad\\) +${NEWER} +\\(good, live, aaaaaaa\\)`))
  await tab('shipit production deploy:rollback --release=20261121', new RegExp(`--release=${OLDER} *$`, 'm'))
  await tab('shipit production deploy --config=dep', /--config=deploy\.config\.ts *$/m)
  await tab('bin/shipit prod.', /bin\/shipit prod\.eu *$/m)
  for (const typed of ['od', "'od", '"od']) readsOdd('fish', await tab(`shipit production ${typed}`, /production .*x.*1['"]? *$/m))
})
