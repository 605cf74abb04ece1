import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { configText, place, type Place, type Ran } from './support/place.ts'

const skip = needs('git', 'flock')
let project: Place
before(() => {
  if (skip) return
  project = place({ 'repo/index': 'one\n' })
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', join(project.dir, 'repo'), '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args])
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-qm', 'one')
  // no deploy.config.ts: without -f none of this works
  project.write({
    'an other.config.ts': configText(`
  repoUrl: '${project.dir}/repo', ssh: { transport: 'local' }, vars: { place: '', password: secret('unset') },
  use: [sidekiq({ manager: 'signals', defaultHooks: false })],
  tasks: {
    'app:restart': { steps: ({ vars, host }) => [sh\`test -e \${vars.place + '/' + host.name}\`] },
    'app:look': { on: 'all', steps: ({ shipit }) => [sh\`false\`.hint('again: ' + shipit('app:restart'))] },
  },
  hooks: { after: { 'deploy:published': 'app:restart' } },
  stages: { test: { servers: ['h1', { host: 'h2', release: false }], deployTo: ({ vars }) => vars.place + '/srv' } },`),
  })
  mkdirSync(join(project.dir, 'bin'))
  writeFileSync(
    join(project.dir, 'bin/shipit'),
    `#!/bin/sh\nexec ${project
      .words()
      .map((word) => `'${word}'`)
      .join(' ')} "$@"\n`,
    { mode: 0o755 },
  )
})
after(() => project?.remove())

/** Runs a line in a shell, as you would paste it. */
const pasted = (line: string): Promise<Ran> => {
  const env = { PATH: `${join(project.dir, 'bin')}:${process.env['PATH']}` }
  return project.shipit([], { under: ['sh', '-c', line, 'sh'], env })
}

describe('the commands that a run prints', { skip }, () => {
  test('work as printed, with the config and the settings that the run was given', async () => {
    const at = join(project.dir, "it's here")
    mkdirSync(at)
    const given = ['-f', 'an other.config.ts', '--set', `vars.place=${at}`, '--set', 'keepReleases=3', '--no-log']
    const failed = await project.shipit(['test', 'deploy', ...given])
    assert.equal(failed.code, 7, failed.stdout)
    const commands = failed.stdout.split('\n').flatMap((line) => /^ {2}(?:next:| {5}) (shipit .*)$/.exec(line)?.[1] ?? [])
    assert.match(commands.join('\n'), /^shipit test app:restart .*\nshipit test deploy:rollback --release \d{14} .*/)
    for (const host of ['h1', 'h2']) writeFileSync(join(at, host), '')
    for (const command of commands) {
      const { code, stdout, stderr } = await pasted(`${command} --no-log`)
      assert.equal(code, 0, `${command}\n${stdout}${stderr}`)
    }
  })

  test('include the config in the error for a mistake on the command line', async () => {
    for (const words of [
      ['test'],
      ['test', 'plan'],
      ['tset'],
      ['test', 'deploy:updating'],
      ['deploy', 'test'],
      ['test', 'restart'],
      ['--tasks', 'x'],
    ]) {
      const { code, stderr } = await project.shipit([...words, '-f', 'an other.config.ts'])
      assert.equal(code, 2)
      for (const [command] of stderr.matchAll(/shipit (?:test|--tasks)[^;,\n]*/g)) {
        assert.match(command, / -f 'an other\.config\.ts'/, stderr)
        const again = await pasted(`${command} ${/ (?:deploy|doctor|plan)\b/.test(command) ? '--set vars.place=/x --tasks' : ''}`)
        assert.doesNotMatch(again.stderr, /no deploy\.config|is not a stage|unknown/, command)
      }
    }
  })

  test('keep the host filter of the run', async () => {
    const { stdout } = await project.shipit(['test', 'app:look', '--hosts', 'h2', '-f', 'an other.config.ts', '--no-log'])
    assert.match(stdout, /again: shipit test app:restart -f 'an other\.config\.ts' --hosts h2\n/)
  })

  test('never show a value that replaces a secret', async () => {
    const given = ['-f', 'an other.config.ts', '--set', 'vars.password=hunter2-of-ours', '--log', 'run.log']
    const { stdout, stderr } = await project.shipit(['test', 'app:look', ...given])
    assert.match(stdout, /again: shipit test app:restart .* --set vars\.password="\$\{PASSWORD:\?\}"/)
    assert.doesNotMatch(stdout + stderr + (existsSync(join(project.dir, 'run.log')) ? project.read('run.log') : ''), /hunter2/)
  })
})
