import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startShop, type Shop } from './support/shop.ts'

// two stages of one config, on one host, each with an application of its own

const STAGES = `stages: { test: { servers: ['a'] }, eu: { application: 'shop-eu', servers: ['a'] } },
  tasks: { name: { steps: ({ application, stage }) => [sh\`echo \${application + ' in ' + stage}\`] } },`
const APART = `deployTo: ({ application }) => \`~/srv/\${application}\`, ${STAGES}`

let shop: Shop
before(async () => {
  shop = await startShop(['a'], APART)
})
after(() => shop.stop())
beforeEach(() => {
  rmSync(shop.on('a', '.'), { recursive: true, force: true })
  shop.config()
})

const run = async (exit: number, ...words: string[]) => {
  const ran = await shop.place.shipit(words, { cwd: 'project' })
  assert.equal(ran.code, exit, ran.stdout + ran.stderr)
  return ran
}

test('two applications of one config are deployed beside each other, with records, titles and answers of their own', async () => {
  for (const [stage, application] of [
    ['test', 'shop'],
    ['eu', 'shop-eu'],
  ] as const) {
    const deploy = await run(0, stage, 'deploy')
    assert.match(deploy.stdout, new RegExp(`^${application} ${stage}: deploy`, 'm'))
    assert.match(deploy.stdout, new RegExp(`^✔ ${application} ${stage} is `, 'm'))
    const live = readlinkSync(shop.on('a', `${application}/current`)).slice(-14)
    assert.match(
      readFileSync(shop.on('a', `${application}/.shipit/releases/${live}`), 'utf8'),
      new RegExp(`^application ${application}\nstage ${stage}$`, 'm'),
    )
    for (const command of ['status', 'releases', 'pending']) {
      const { application: said } = JSON.parse((await run(0, stage, command, '--json')).stdout) as { application: string }
      assert.equal(said, application, command)
    }
    const events = (await run(0, stage, 'name', '--output', 'jsonl')).stdout
    assert.ok(events.includes(`"application":"${application}"`) && events.includes(`${application} in ${stage}`), events)
    assert.match((await run(0, stage, 'plan', 'deploy')).stdout, new RegExp(`^plan of ${application} ${stage} deploy`, 'm'))
  }
  assert.deepEqual(readdirSync(shop.on('a', '.')).sort(), ['shop', 'shop-eu'])
})

test('an application of the config is refused where that of another stage is live', async () => {
  shop.config(STAGES)
  await run(0, 'test', 'deploy')
  const live = readlinkSync(shop.on('a', 'current')).slice(-14)
  for (const words of [['deploy'], ['deploy:rollback'], ['doctor']]) {
    const { stdout, stderr } = await run(1, 'eu', ...words)
    assert.match(stdout + stderr, new RegExp(`the live release ${live} in ~/srv belongs to shop test, not to shop-eu eu`))
  }
  assert.equal(readlinkSync(shop.on('a', 'current')).slice(-14), live)
})

test('releases of a stage stay with it once they are handed over to its new application', async () => {
  shop.config(`stages: { test: { servers: ['a'] } },`)
  await run(0, 'test', 'deploy')
  shop.config(`stages: { test: { application: 'shop-test', servers: ['a'] } },`)
  const { stdout, stderr } = await run(1, 'test', 'deploy')
  const [, command] = /if shop test was renamed to shop-test test, hand it over, on that host: (sed -i .*)$/m.exec(stdout + stderr) ?? []
  execFileSync('sh', ['-c', command!], { env: { ...process.env, HOME: shop.on('a', '..') } })
  await run(0, 'test', 'deploy')
  await run(0, 'test', 'deploy:rollback')
})

test('the sudo rules of a recipe name the application of the stage, and its unit', async () => {
  shop.config(`${APART} use: await (async () => {
    const { sidekiq } = await import('shipit-ts/recipes')
    return [sidekiq({ serviceUnitUser: 'system', serviceUnitName: ({ application, stage }) => application + '_jobs_' + stage })]
  })(),`)
  for (const [stage, application] of [
    ['test', 'shop'],
    ['eu', 'shop-eu'],
  ] as const) {
    const { stdout } = await run(0, stage, 'sidekiq:sudoers', '--for', 'deploy')
    for (const text of [`${application}_jobs_${stage}.service`, `/zz_${application}_${stage}_sidekiq on a`])
      assert.ok(stdout.includes(text), stdout)
  }
})

test('a job names the application of the stage in its summary', async () => {
  const GITHUB_STEP_SUMMARY = join(shop.place.dir, 'summary.md')
  const ran = await shop.place.shipit(['eu', 'name', '-o', 'github'], { cwd: 'project', env: { GITHUB_STEP_SUMMARY } })
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(readFileSync(GITHUB_STEP_SUMMARY, 'utf8'), /^### ✔ shop-eu eu: name\n/)
})

test('config names the application of a stage, and the line that gives it', async () => {
  assert.match((await run(0, 'eu', 'config', 'application')).stdout, /^application +"?shop-eu"? +\(stage, line \d+\)\n$/)
  assert.match((await run(0, 'test', 'config', 'application')).stdout, /^application +"?shop"? +\(config, line \d+\)\n$/)
})

test('check finds a wrong application in any stage', async () => {
  shop.config(`stages: { test: { servers: ['a'] }, eu: { application: 'shop eu', servers: ['a'] } },`)
  assert.match((await run(2, 'check')).stderr, /stages\.eu\.application: "shop eu" may contain only/)
})
