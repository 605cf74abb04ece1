import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { reportFatal } from '../../src/cli/report-fatal.ts'
import { usageError, type ShipitError } from '../../src/values/errors.ts'
import { width } from '../../src/values/width.ts'
import { sink } from '../output/sink.ts'
import { needs } from '../support/needs.ts'
import { configText, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const terminal = terminals()
let project: Place
before(
  () =>
    void (project = place({ 'deploy.config.ts': configText(`keepRelease: 3, deployTo: '/', repoUrl: '', stages: { production: {} }`) })),
)
after(() => project?.remove())

const shown = (error: ShipitError, columns?: number): string[] => {
  const stderr = sink(columns === undefined ? {} : { isTTY: true, columns })
  reportFatal(error, stderr)
  return stderr.text.trimEnd().split('\n')
}

test('a fatal error at a terminal of 60 columns is broken between words, and its lines below are indented', () => {
  const error = usageError('the setting that you wrote has no effect on this stage, because another one replaces it', {
    where: 'deploy.config.ts:7',
    hint: 'remove one of the two, or write the one that you want in the settings of the stage itself',
  })
  assert.deepEqual(shown(error, 60), [
    'shipit: the setting that you wrote has no effect on this',
    '  stage, because another one replaces it',
    '  in deploy.config.ts:7',
    '  remove one of the two, or write the one that you want in',
    '  the settings of the stage itself',
  ])
  assert.equal(shown(error).length, 3)
})

test('each of several mistakes at a terminal of 60 columns is broken between words, with its place on the first line', () => {
  const mistakes = ['unknown setting "keepRelease"; did you mean "keepReleases"?', 'repoUrl: must not be empty']
  const body = mistakes.map((text, i) => `  deploy.config.ts:${i + 3}  ${text}`).join('\n')
  assert.deepEqual(shown(usageError(`2 mistakes in deploy.config.ts\n${body}`), 60), [
    'shipit: 2 mistakes in deploy.config.ts',
    '  deploy.config.ts:3  unknown setting "keepRelease"; did',
    '    you mean "keepReleases"?',
    '  deploy.config.ts:4  repoUrl: must not be empty',
  ])
})

test('commands, code and what a program printed stay whole in a fatal error', () => {
  const command = 'ssh-keyscan -p 2222 a-host-with-a-long-name.example.com >> known_hosts'
  const code = 'sh`cd ${…} && bundle exec sidekiqmon processes --json`'
  const object = '{ web: { exec: "bin/web --port 3000" } }'
  const printed = `    at line 3 of a program whose lines are long ${'and long '.repeat(5)}`.trimEnd()
  const error = usageError(`interpolation 1 is inside double quotes: ${code}\n${printed}`, {
    hint: `write services: ${object} in it, and then: ${command}`,
    cause: new Error('thrown'),
  })
  const lines = shown(error, 60)
  for (const whole of [code, command])
    assert.ok(
      lines.some((line) => line.trim() === whole),
      whole,
    )
  assert.ok(lines.some((line) => line.includes(object)))
  assert.ok(lines.includes(printed))
})

test('mistakes in a config fit a terminal of 60 columns', { skip: needs('tmux') }, async () => {
  const screen = await terminal('narrow', project.words('production', 'deploy'), { cwd: project.dir, columns: 60 }).until(/exit 2/)
  const { stderr } = await project.shipit(['production', 'deploy'])
  assert.ok(
    stderr.split('\n').some((line) => width(line) > 60),
    stderr,
  )
  const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')
  assert.deepEqual(words(screen.replace(/\nexit 2$/, '')), words(stderr))
  for (const line of screen.split('\n')) assert.ok(line.length <= 58 || / \S+$/.test(line), line)
})

test('each mistake in a config is an annotation at its line in a job of GitHub Actions', () => {
  const inJob = (error: ShipitError): string[] => {
    const stderr = sink()
    reportFatal(error, stderr, { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: process.cwd() })
    return stderr.text.trimEnd().split('\n')
  }
  const mistakes = '  deploy.config.ts:3  unknown setting\n  config/stages.ts:4  repoUrl: must not be empty'
  assert.deepEqual(inJob(usageError(`2 mistakes in deploy.config.ts\n${mistakes}`)).slice(3), [
    '::error file=deploy.config.ts,line=3,title=shipit::unknown setting',
    '::error file=config/stages.ts,line=4,title=shipit::repoUrl: must not be empty',
  ])
  assert.deepEqual(inJob(usageError('there is no task "x"', { where: 'deploy.config.ts:7', hint: 'shipit --tasks' })).slice(-1), [
    '::error file=deploy.config.ts,line=7,title=shipit::there is no task "x"%0Ashipit --tasks',
  ])
  assert.deepEqual(
    inJob(usageError('the program said\n::add-mask::x')).filter((line) => line.startsWith('::')),
    ['::error title=shipit::the program said%0A::add-mask::x'],
  )
})
