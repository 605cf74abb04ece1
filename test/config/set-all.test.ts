import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import * as factories from '../../recipes/index.ts'
import { leavesAt, shapeOf, unwrap } from '../../src/settings/zod-introspection.ts'
import type { ConfigPath } from '../../src/errors/source-location.ts'
import type { LoadedConfig, Raw } from '../../src/config/raw-config.ts'
import { schemas as settings } from '../../src/settings/derived.ts'
import { resolveStage } from '../../src/config/stage.ts'
import type { Stage } from '../../src/tasks/stage.ts'
import type { AnyRecipe } from '../../src/index.ts'
import { ShipitError } from '../../src/values/errors.ts'

const NEEDED: Readonly<Record<string, unknown>> = { systemd: { services: { web: { exec: 'bin/web' }, plain: {} } } }
const recipes = Object.entries(factories)
  .filter(([, make]) => 'recipeName' in make)
  .map(([name, make]) => (make as (given: unknown) => AnyRecipe)(NEEDED[name] ?? {}))

const loaded = (stage: Record<string, unknown> = {}): LoadedConfig => ({
  file: '/project/deploy.config.ts',
  text: '',
  config: {
    application: 'shop',
    use: recipes,
    vars: { any: 'thing' },
    stages: { production: { servers: ['deploy@a1'], ...stage } },
  } as unknown as Raw,
})

/** A function, and a secret that must not be typed: `--set` refuses it. */
const WITHOUT_TEXT: readonly unknown[] = ['where', 'sudoPassword']

/** A service with a command has all settings but `shared`, one without has that. */
const OF_THE_OTHER = /^systemd\.services\.(web\.shared$|plain(?!\.shared$))/

/** Every setting, down to nested ones: `sidekiq.redis.url`. */
const everySetting = (): readonly ConfigPath[] => {
  const inside = (schema: z.ZodType, path: ConfigPath): ConfigPath[] => {
    const shape = Object.entries(shapeOf(schema))
    const deeper = shape.flatMap(([key, inner]) => inside(inner, [...path, key]))
    return unwrap(schema).def.type === 'record' ? [path, [...path, 'KEY']] : [path, ...deeper]
  }
  const core = Object.entries(settings).flatMap(([key, schema]) => inside(schema, [key]))
  const theirs = recipes.flatMap(({ name, definition }) =>
    Object.entries(definition.settings?.shape ?? {}).flatMap(([key, schema]) => inside(schema as z.ZodType, [name, key])),
  )
  const all = [...core, ...theirs].filter((path) => !WITHOUT_TEXT.includes(path.at(-1)!) && !OF_THE_OTHER.test(path.join('.')))
  return all.filter(([head, ...rest]) => rest.length > 0 || !['ssh', 'git', 'env', 'vars', 'commands'].includes(head as string))
}

const TEXTS = [
  '7',
  '3',
  'true',
  'false',
  'null',
  'some',
  'word',
  '/srv/one',
  '/srv/two',
  'a.b',
  'a.service',
  'a/b',
  'x,y',
  '25%',
  '5s',
  '10m',
  '{"a":1}',
  '[]',
]
const MORE = [
  'redis://r1',
  'unix:///s',
  'system',
  'user',
  '2G',
  '5 minutes',
  '0640',
  '10',
  '{"KEY":"x"}',
  'deploy:updated',
  '50%',
  '18446744073709551615',
]

/** A service whose unit shipit writes. */
const WRITTEN = ['systemd.services.web.exec=bin/web']

/** Settings that need a particular text or another flag. */
const OWN: Readonly<Record<string, { readonly texts?: readonly string[]; readonly beside?: readonly string[] }>> = {
  'eb.replaces': { texts: ['appdeploy/post/50_restart'], beside: ['eb.platform=al1'] },
  'eb.inspeqtor': { beside: ['eb.platform=al1'] },
  'eb.inspeqtorRepo': { texts: ['https://packages.example.com/script'] },
  'inspeqtor.services': { texts: ['{"web":{"rules":["if memory:rss > 1g then alert"]}}'] },
  'inspeqtor.services.KEY': { texts: ['{"rules":["if memory:rss > 1g then alert"]}'] },
  'inspeqtor.host': { texts: ['{"rules":["if load:1 > 3 then alert"]}'] },
  'inspeqtor.host.rules': { texts: ['["if load:1 > 3 then alert"]'] },
  'inspeqtor.host.with': { texts: ['{"owner":"ops"}'], beside: ['inspeqtor.host.rules=["if load:1 > 3 then alert"]'] },
  'inspeqtor.host.with.KEY': { beside: ['inspeqtor.host.rules=["if load:1 > 3 then alert"]'] },
  'inspeqtor.alerts': { texts: ['[{"via":"email","with":{"username":"u","password":"p","smtp_server":"s","to_email":"t@example.com"}}]'] },
  'inspeqtor.conf': { texts: ['{"cycleTime":20}'] },
  'monit.services': { texts: ['{"web":{"pidfile":"/run/web.pid"}}'] },
  'monit.services.KEY': { texts: ['{"pidfile":"/run/web.pid"}'] },
  'puma.directives': { texts: ['{"Service":{"Nice":"1"}}', '{"Service":{"Nice":"2"}}'] },
  'puma.rolling': { texts: ['{"size":1}', '{"size":"25%"}'] },
  'puma.rolling.wait': { beside: ['puma.rolling.size=1'] },
  revision: { texts: ['a'.repeat(40), 'b'.repeat(40)] },
  'sidekiq.directives': { texts: ['{"Service":{"Nice":"1"}}', '{"Service":{"Nice":"2"}}'] },
  'sidekiq.redis': { texts: ['{"url":"redis://a"}', '{"url":"redis://b"}'] },
  'sidekiq.upstart': { texts: ['{"killTimeout":50}'] },
  'sidekiq.signals': { texts: ['{"pids":"tmp/other"}'] },
  umask: { texts: ['0027', '0002'] },
  'systemd.services': { texts: ['{"web":{"unit":"x"},"plain":{}}', '{"web":{"unit":"y"},"plain":{}}'] },
  'systemd.services.web': { texts: ['{"unit":"x"}', '{"unit":"y"}'] },
  'systemd.services.web.rolling': { texts: ['{"size":1}', '{"size":"25%"}'] },
  'systemd.services.web.rolling.wait': { beside: ['systemd.services.web.rolling.size=1'] },
  'systemd.services.web.after': { texts: ['{"deploy:published":"start"}', '{"deploy:published":"stop"}'] },
  ...Object.fromEntries(
    [
      'env',
      'env.KEY',
      'envFiles',
      'log',
      'errorLog',
      'notify',
      'stopTimeout',
      'directives.Service.KEY',
      'directives.Unit.KEY',
      'directives.Install.KEY',
    ].map((key) => [`systemd.services.web.${key}`, { beside: WRITTEN }]),
  ),
  'systemd.services.web.listen': { texts: ['3000', 'tmp/web.sock'], beside: WRITTEN },
  'systemd.services.web.directives.Socket': {
    texts: ['{"Backlog":"1"}', '{"Backlog":"2"}'],
    beside: [...WRITTEN, 'systemd.services.web.listen=3000'],
  },
  'systemd.services.web.directives.Socket.KEY': { beside: [...WRITTEN, 'systemd.services.web.listen=3000'] },
  'systemd.services.web.wants': { texts: ['a.service', 'b.service'], beside: WRITTEN },
  'systemd.services.web.directives': { texts: ['{"Service":{"Nice":"1"}}', '{"Service":{"Nice":"2"}}'], beside: WRITTEN },
  ...Object.fromEntries(
    ['Unit', 'Service', 'Install'].map((section) => [
      `systemd.services.web.directives.${section}`,
      { texts: ['{"Nice":"1"}', '{"Nice":"2"}'], beside: WRITTEN },
    ]),
  ),
}
/** Where a setting shows when the recipe turns it into another one. */
const SEEN_AS: Readonly<Record<string, string>> = { 'systemd.services.web.unit': 'systemd.services.web.units' }

/** The values that the schema names: members of an enum, literals. */
const named = (schema: z.ZodType): string[] => {
  const def = unwrap(schema).def as unknown as { entries?: object; values?: unknown[]; options?: z.ZodType[] }
  return [...Object.values(def.entries ?? {}).map(String), ...(def.values ?? []).map(String), ...(def.options ?? []).flatMap(named)]
}

const seen = (stage: Stage, [head, ...rest]: ConfigPath): unknown => {
  const holder = Object.hasOwn(settings, head!) ? stage : stage.recipes.find(({ name }) => name === head)!.settings
  const path = holder === stage ? [head!, ...rest] : rest
  return path.reduce<unknown>(
    (value, part) => (value instanceof Map ? value.get(part) : (value as Record<string, unknown> | null | undefined)?.[part]),
    holder,
  )
}

const resolved = async (set: readonly string[], stage?: Record<string, unknown>): Promise<Stage | ShipitError> => {
  try {
    return await resolveStage(loaded(stage), 'production', { set })
  } catch (error) {
    if (error instanceof ShipitError) return error
    throw error
  }
}

const schemaOf = ([head, ...rest]: ConfigPath): z.ZodType => {
  const own = (settings as Readonly<Record<string, z.ZodType>>)[head!]
  const holder = own ?? recipes.find(({ name }) => name === head)!.definition.settings!
  return leavesAt(holder, rest)[0]!
}

test('--set changes every setting of the core and of every recipe, and wins over the stage', async () => {
  const base = await resolveStage(loaded(), 'production')
  const idle: string[] = []
  const paths = [...everySetting().filter(([head]) => head !== 'env' && head !== 'vars'), ['env', 'KEY'], ['vars', 'any']]
  for (const path of paths) {
    const key = path.join('.')
    const { texts = [], beside = [] } = OWN[key] ?? {}
    const at = (stage: Stage) => seen(stage, SEEN_AS[key]?.split('.') ?? path)
    const values: { text: string; value: unknown }[] = []
    for (const text of [...named(path[0] === 'vars' ? settings.branch : schemaOf(path)), ...texts, ...TEXTS, ...MORE]) {
      const stage = await resolved([...beside, `${key}=${text}`])
      if (stage instanceof ShipitError) continue
      const value = at(stage)
      if (!isDeepStrictEqual(value, at(base)) && !values.some((other) => isDeepStrictEqual(other.value, value)))
        values.push({ text, value })
      if (values.length === 2) break
    }
    if (values.length === 0) idle.push(key)
    const [one, two] = values
    // the last of two counts, and wins over the stage
    if (one && two) {
      const stage = await resolved([...beside, `${key}=${two.text}`, `${key}=${one.text}`])
      assert.ok(!(stage instanceof ShipitError) && isDeepStrictEqual(at(stage), one.value), key)
    }
    if (one) {
      const [head, ...rest] = path as [string, ...string[]]
      const said = rest.reduceRight<unknown>((value, part) => ({ [part]: value }), (two ?? one).value)
      const own = Object.hasOwn(settings, head)
      const under = await resolved([...beside, `${key}=${one.text}`], own ? { [head]: said } : { settings: { [head]: said } })
      if (under instanceof ShipitError) continue
      assert.deepEqual(at(under), one.value, `${key} over the stage`)
    }
  }
  assert.deepEqual(idle, [])
  assert.ok(paths.length > 150, String(paths.length))
})
