import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sidekiq, systemd } from '../../recipes/index.ts'
import type { GivenService } from '../../recipes/systemd/given.ts'
import { commandsOf, contextOf, factsOf, goodRelease, hostOf, textOf, type Given } from '../support/context.ts'
import { runSteps, shells } from '../support/script.ts'

const header = (name: string, use = 'systemd', deployTo = '/srv/shop', application = 'shop') =>
  `# Written by shipit for ${application} (production): ${use}:install writes ${name} anew from the config. Deployed to ${deployTo}\n`
const listed = (scope: string, name: string, line = header(name)): string => `== ${scope}\nfile ${name}\n${line}`
const services = (web: GivenService, more: Readonly<Record<string, GivenService>> = {}) =>
  systemd({ services: { web: { exec: 'bin/web', ...web } as {}, ...(more as {}) } })
/** What the doctor finds of units under another systemd. */
const found = (recipe: ReturnType<typeof services> | ReturnType<typeof sidekiq>, otherScope: string, use = 'web.'): readonly string[] =>
  recipe.definition
    .doctor!.findings(contextOf(recipe as never, { layout: { releases: [goodRelease()] }, facts: { [`${use}otherScope`]: otherScope } }))
    .filter(({ message }) => message.includes('still installed'))
    .map(({ level, message, remedy }) => `${level}: ${message}\n${remedy}`)

test('A unit that a change of user left under the systemd of the host is an error, with the command that removes it', () => {
  assert.deepEqual(found(services({}), listed('system', 'web.service')), [
    `error: web.service is still installed under the systemd of the host, from older settings: a deploy does not stop it, so an old release may run there
stop and remove it under the old settings: shipit production systemd:web:uninstall --set systemd.services.web.serviceUnitUser=system --set ssh.user=root`,
  ])
})

test('A unit that a change of user left under the systemd of the login is an error, with the command that removes it', () => {
  assert.deepEqual(found(services({ serviceUnitUser: 'system', user: 'svc' }), listed('user', 'web.service')), [
    `error: web.service is still installed under the systemd of deploy, from older settings: a deploy does not stop it, so an old release may run there
stop and remove it under the old settings: shipit production systemd:web:uninstall --set systemd.services.web.serviceUnitUser=user --set systemd.services.web.user=deploy`,
  ])
})

test("Sidekiq's unit under another systemd is an error too", () => {
  assert.deepEqual(
    found(sidekiq({ serviceUnitUser: 'system' }), listed('user', 'sidekiq.service', header('sidekiq.service', 'sidekiq')), ''),
    [
      `error: sidekiq.service is still installed under the systemd of deploy, from older settings: a deploy does not stop it, so an old release may run there
stop and remove it under the old settings: shipit production sidekiq:uninstall --set sidekiq.serviceUnitUser=user`,
    ],
  )
})

test('A unit under another name of that time is removed with --prune', () => {
  assert.match(found(services({}), listed('system', 'old.service')).join(), /systemd:web:uninstall --prune --set/)
})

test('Units of other applications, stages, uses and deployments are not found', () => {
  for (const line of [
    header('web.service', 'sidekiq'),
    header('web.service', 'systemd', '/srv/other'),
    header('web.service', 'systemd', '/srv/shop', 'blog'),
    header('another.service'),
  ])
    assert.deepEqual(found(services({}), listed('system', 'web.service', line)), [], line)
})

test('The unit of a service that belongs to the other systemd is not found', () => {
  assert.deepEqual(found(services({}, { jobs: { exec: 'bin/jobs', serviceUnitUser: 'system' } }), listed('system', 'jobs.service')), [])
})

test('An installation and a start warn of it', () => {
  const given: Given = {
    layout: { releases: [goodRelease()] },
    args: {},
    facts: {
      'web.units': 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=simple\n',
      'web.files.0': '',
      'web.otherScope': listed('system', 'web.service'),
    },
  }
  for (const task of ['web:install', 'web:start', 'web:restart']) {
    const warned = commandsOf(services({}), task, given).flatMap(({ spec }) =>
      spec.message?.level === 'warning' ? [spec.message.text] : [],
    )
    assert.equal(warned.filter((message) => message.includes('web.service is still installed')).length, 1, task)
  }
})

for (const { name: shell, argv } of shells)
  test(`${shell}: the folder of the other systemd is read, and a missing one is not an error`, (t) => {
    const home = mkdtempSync(join(tmpdir(), 'shipit-scope-'))
    t.after(() => rmSync(home, { recursive: true, force: true }))
    const asked = factsOf(services({ serviceUnitUser: 'system' }), { runs: ['systemd:web:restart'] })['web.otherScope']!
    const read = () => runSteps(argv, [asked], { HOME: home })[0]!
    assert.deepEqual([read().code, read().stdout, read().stderr], [0, '', ''])
    const dir = join(home, '.config/systemd/user')
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'web.service'), header('web.service'))
    writeFileSync(join(dir, 'hand.service'), '[Unit]\n')
    symlinkSync('web.service', join(dir, 'link.service'))
    assert.equal(read().stdout, `== user\nlink link.service\n${header('web.service')}file web.service\n${header('web.service')}`)
    assert.deepEqual(found(services({ serviceUnitUser: 'system' }), read().stdout).length, 1)
  })

test('A unit of another service of the use is left to that service', () => {
  const recipe = services({}, { jobs: { exec: 'bin/jobs' } })
  assert.deepEqual(
    found(recipe, `${listed('system', 'web.service')}${listed('system', 'jobs.service').replace('== system\n', '')}`).map(
      (text) => text.split(' ')[1],
    ),
    ['web.service'],
  )
})

test('A login as root looks in the home of the account that deploys, and the remedy logs in as that account', () => {
  const recipe = services({ user: 'deploy', serviceUnitUser: 'system' })
  const asRoot = { ...hostOf({ user: 'root' }), deployUser: 'deploy' }
  const asked = factsOf(recipe, { runs: ['systemd:web:install'], host: asRoot })['web.otherScope']!
  assert.match(textOf(asked), /look user "\$\(getent passwd deploy 2>\/dev\/null \| cut -d : -f 6\)"\/\.config\/systemd\/user/)
  const given: Given = {
    layout: { user: 'root', releases: [goodRelease()] },
    host: asRoot,
    facts: { 'web.otherScope': listed('user', 'web.service') },
  }
  const [finding] = recipe.definition
    .doctor!.findings(contextOf(recipe as never, given))
    .filter(({ message }) => message.includes('still installed'))
  assert.match(finding!.remedy, /--set systemd\.services\.web\.serviceUnitUser=user --set ssh\.user=deploy/)
})
