import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { z } from 'zod'
import * as factories from '../../recipes/index.ts'
import { config as configSchema } from '../../src/config/schema.ts'
import type { AnyRecipe } from '../../src/index.ts'
import { renamedSettings } from '../../src/settings/renamed.ts'
import { leavesAt } from '../../src/settings/zod-introspection.ts'
import { refusal, shown, stageOf } from '../config/support.ts'

const schemaOf = (owner: string): z.ZodType => {
  if (owner === 'config') return configSchema
  const make = (factories as Readonly<Record<string, unknown>>)[owner] as (given: object) => AnyRecipe
  return make({ services: { web: {} } }).definition.settings!
}

/** `{ services: { web: { account: 'x' } } }` */
const nested = (path: readonly string[]): string => path.reduceRight((inner, key) => `{ ${key}: ${inner} }`, `'x'`)

const config = (owner: string, settings: string, use = ''): string => `import { ${owner} } from 'shipit-ts/recipes'
export default {
  application: 'shop',
  repoUrl: 'git@git.example.com:shop.git',
  use: [
    ${owner}(${settings} as never${use}),
  ],
  stages: { production: { servers: ['a1'] } },
}`

for (const { owner, path, name } of renamedSettings())
  describe(`the old name ${owner}.${path.join('.')}`, () => {
    const given = path.map((part) => (part === '*' ? 'web' : part))
    const at = given.join('.')
    const message = `${path.at(-1)} is called ${name} now`

    test('is not a setting any more, and the new one is', () => {
      assert.deepEqual(leavesAt(schemaOf(owner), given), [])
      assert.notDeepEqual(leavesAt(schemaOf(owner), [...given.slice(0, -1), name]), [])
    })

    test('in a config is an error with its line and the new name', async (t) => {
      const text = shown(await refusal(stageOf(t, config(owner, nested(given)))))
      assert.ok(text.includes(`${owner}() in use[0]: ${given.length > 1 ? `${at}: ` : ''}${message}`), text)
      assert.match(text, /deploy\.config\.ts:6/)
    })

    test('in --set is an error with the new name', async (t) => {
      const use = owner === 'systemd' || owner === 'monit' ? '{ services: { web: {} } }' : '{}'
      const renamed = [...given.slice(0, -1), name].join('.')
      const text = shown(await refusal(stageOf(t, config(owner, use, `, { name: 'mine' }`), { set: [`mine.${at}=x`] })))
      assert.ok(text.includes(`mine.${at} is called mine.${renamed} now`), text)
    })

    test('is in the CHANGELOG, under "Renamed"', () => {
      const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8')
      const [, section = ''] = /^### Renamed\n([^]*?)^##/m.exec(changelog) ?? []
      const shownPath = path.map((part) => (part === '*' ? 'NAME' : part))
      assert.ok(section.includes(`\`${shownPath.join('.')}\` → \`${[...shownPath.slice(0, -1), name].join('.')}\``), section)
    })
  })

test('a hint for a key of a config is not given for the same key of a recipe', async (t) => {
  const text = shown(await refusal(stageOf(t, config('rbenv', `{ user: 'deploy' }`))))
  assert.match(text, /use\[0\]: unknown setting user: use one of ruby, path, roles/)
})
