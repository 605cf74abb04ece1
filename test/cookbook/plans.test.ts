import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, test } from 'node:test'
import { cookbook, sections } from '../house/pages.ts'
import { openKitchen, type Kitchen } from './kitchen.ts'
import { plans, type PlanOf } from './plans.ts'

const names = ['app1.example.com', 'app2.example.com', 'app3.example.com', 'db1.example.com', 'work1.example.com']
/** Linked files of the recipes: a plan is refused without them. */
const linked = ['.env', '.env.local', 'wp-config.php']
let kitchen: Kitchen

before(async () => {
  kitchen = await openKitchen(names)
  kitchen.commit({ index: 'one', 'apps/web/package.json': '{}', 'apps/admin/index': 'admin' }, ['tag', 'v1.0.0'])
  for (const name of names)
    for (const file of linked) {
      const path = kitchen.on(name, `srv/shared/${file}`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, '')
    }
})
after(() => kitchen?.stop())

test('every recipe of the cookbook has a plan in the table', () => {
  assert.deepEqual(
    plans.map(({ recipe }) => recipe).toSorted(),
    cookbook
      .flatMap(sections)
      .map(({ title }) => title)
      .toSorted(),
  )
})

for (const plan of plans)
  test(`the recipe "${plan.recipe}" passes check, and its plan has the commands that matter`, async () => {
    const { recipe, stage = 'production', task, options = [], env = {}, files } = plan
    kitchen.serve(recipe, files)
    Object.assign(process.env, env)
    assert.deepEqual(await kitchen.mistakes(options[0] === '--config' ? options[1] : undefined), [])
    for (const name of Object.keys(env)) delete process.env[name]
    const text = await kitchen.ends(0, [stage, 'plan', task, '--full', ...options], { env })
    assertInOrder(text, plan)
    for (const secret of Object.values(env).filter((value) => value?.includes('tok3n') || value?.includes('sesame')))
      assert.ok(!text.includes(secret!), `${recipe} shows a secret`)
  })

const assertInOrder = (text: string, { lines }: PlanOf): void => {
  const found = text.split('\n').map((line) =>
    line
      .trim()
      .replaceAll(/\b20\d{12}\b/g, 'RELEASE')
      .replaceAll(/\b[\da-f]{7,40}\b/g, 'COMMIT'),
  )
  let from = 0
  for (const line of lines) {
    const at = found.findIndex((one, i) => i >= from && (one === line || one.startsWith(`${line} `)))
    assert.ok(at >= 0, `"${line}" is not in its place:\n${found.slice(from).join('\n')}`)
    from = at + 1
  }
}
