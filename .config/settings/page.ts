import type { Doc } from './comments.ts'
import type { Json } from './json.ts'
import { coreSettings, recipeSettings, type Described } from './schema.ts'
import { core } from '../../src/settings/core.ts'
import type { Setting } from '../../src/settings/setting.ts'

/** The version that had every setting without a `@since`. */
const FIRST = '0.1.0'
/** The guide of each recipe. */
const GUIDES: Readonly<Record<string, string>> = {
  bundler: '[Rails](rails.md#bundler)',
  eb: '[Elastic Beanstalk](upstart.md#elastic-beanstalk)',
  inspeqtor: '[Inspeqtor](inspeqtor.md)',
  monit: '[Monit](monit.md)',
  puma: '[Puma](systemd.md#puma)',
  rails: '[Rails](rails.md#rails)',
  rbenv: '[rbenv](rails.md#rbenv)',
  sidekiq: '[Sidekiq](sidekiq.md), [its unit, and where Redis is](sidekiq-settings.md), [Upstart](upstart.md), [signals](signals.md)',
  systemd: '[Services under systemd](systemd.md)',
}

/** docs/settings.md */
export const settingsPage = (): string => {
  const recipes = recipeSettings()
  return `${[intro(Object.keys(recipes)), coreSections(), ...Object.entries(recipes).map(([name, one]) => recipeSection(name, one))].join('\n\n')}\n`
}

const intro = (recipes: readonly string[]): string => `# Settings

<!-- Written by \`npm run settings\` from the schemas and their comments in src/settings and recipes. Do not edit. -->

Every setting, with its default. How they are layered, and settings that are functions: [Configuration](configuration.md). For editors of
YAML and JSON: [\`shipit schema\`](commands.md#the-schema-of-a-config).

A duration is milliseconds, or \`'250ms'\`, \`'5s'\`, \`'10m'\`, \`'1h'\`. A share of the hosts is \`'25%'\`. Each
setting of a recipe may be a function of the stage.

- [The config](#the-config)
${recipes.map((name) => `- [${name}()](#${name})`).join('\n')}

All exist since ${FIRST}, unless their row or recipe says otherwise.`

/** Settings that only a config in code can give, so the JSON Schema does not have them: what they are, and after which one they come. */
const IN_CODE = {
  hostVars: { type: 'zod object, in code', after: 'roles' },
  stageVars: { type: 'zod object, in code', after: 'roles' },
  sudoPassword: { type: 'secret, in code', after: 'ssh' },
} as const

/** The schema with settings that only code can give. */
const withCode = (json: Json, ...names: readonly (keyof typeof IN_CODE)[]): Json => ({
  ...json,
  properties: Object.fromEntries(
    Object.entries(json.properties!).flatMap(([key, one]) => [
      [key, one] as const,
      ...names.flatMap((name) => (IN_CODE[name].after === key ? [[name, { type: IN_CODE[name].type }] as const] : [])),
    ]),
  ),
})

const coreSections = (): string => {
  const { json: forData, docs } = coreSettings()
  const json = withCode(forData, 'hostVars', 'stageVars', 'sudoPassword')
  const stage = withCode(json.properties!['stages']!.additionalProperties as Json, 'sudoPassword')
  const only = (of: Json, keep: (key: string) => boolean): Json => ({
    ...of,
    properties: Object.fromEntries(Object.entries(of.properties!).filter(([key]) => keep(key))),
  })
  const both = (key: string): boolean => Object.hasOwn(stage.properties!, key) && Object.hasOwn(json.properties!, key)
  const late = Object.entries(core as Readonly<Record<string, Setting>>)
  const names = (how: Setting['late']) =>
    late
      .filter(([, one]) => one.late === how)
      .map(([name]) => code(name))
      .join(', ')
  const table = (of: Json, path = '', prefix = '') => tableOf({ json: of, docs }, { path, prefix, deep: false, since: FIRST })
  return [
    '## The config',
    'At the top level only:',
    table(only(json, (key) => !both(key))),
    'In a stage only:',
    table(
      only(stage, (key) => !both(key)),
      'stages.*',
    ),
    `In both. Functions of the stage may be: ${names('whole')},
and each item or value of ${names('each')}.`,
    table(only(json, both)),
    '### ssh',
    table(json.properties!['ssh']!, 'ssh'),
    '### git',
    table(json.properties!['git']!, 'git'),
    '### A server',
    'What `servers` lists. In a list by role, an entry has no `roles`.',
    table(withCode(serverIn(stage.properties!['servers']!), 'sudoPassword'), 'stages.*.servers.*'),
  ].join('\n\n')
}

/** The form of a server that has roles. */
const serverIn = (json: Json): Json => {
  if (json.properties?.['roles']) return json
  const inner = [...(json.anyOf ?? []), json.items, json.additionalProperties].filter((one) => typeof one === 'object') as Json[]
  return inner.map(serverIn).find((one) => one.properties?.['roles']) ?? {}
}

const recipeSection = (name: string, described: Described): string => {
  const since = described.docs.get('')?.since ?? FIRST
  const guide = `Guide: ${GUIDES[name]}.${since === FIRST ? '' : ` Since ${since}.`}`
  return [`## ${name}()`, guide, tableOf(described, { path: '', prefix: '', deep: true, since })].join('\n\n')
}

interface Place {
  /** in the comments: `services.*` */
  readonly path: string
  /** as the page shows it: `services.NAME.` */
  readonly prefix: string
  /** whether to include nested settings */
  readonly deep: boolean
  /** the version that the page has already mentioned */
  readonly since: string
}

const tableOf = (described: Described, place: Place): string =>
  ['| setting | type | default | meaning |', '|---|---|---|---|', ...rowsOf(described, place)].join('\n')

const rowsOf = (described: Described, { path, prefix, deep, since }: Place): readonly string[] =>
  formsOf(described.json).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([key, one]) => {
      const at = path === '' ? key : `${path}.${key}`
      const doc = described.docs.get(at) ?? described.docs.get(`${at}.*`)
      const value = one.default === undefined ? (doc?.default ?? (required.includes(key) ? 'required' : '')) : code(written(one.default))
      const row = `| ${code(`${prefix}${key}`)} | ${typeOf(one)} | ${value} | ${meaning(doc, since)} |`.replaceAll('  ', ' ')
      const inner = deep ? insideOf(one, { path: at, prefix: `${prefix}${key}`, deep, since: doc?.since ?? since }) : []
      return [row, ...inner.flatMap((next) => rowsOf({ ...described, json: next.json }, next.place))]
    }),
  )

/** The objects that a value may be, each with its place. */
const insideOf = (json: Json, { path, prefix, deep, since }: Place): readonly { readonly json: Json; readonly place: Place }[] =>
  formsOf(json).flatMap((form) => [
    ...(form.properties ? [{ json: form, place: { path, prefix: `${prefix}.`, deep, since } }] : []),
    ...(typeof form.additionalProperties === 'object'
      ? [{ json: form.additionalProperties, place: { path: `${path}.*`, prefix: `${prefix}.NAME.`, deep, since } }]
      : []),
    ...(typeof form.items === 'object'
      ? [{ json: form.items as Json, place: { path: `${path}.*`, prefix: `${prefix}[].`, deep, since } }]
      : []),
  ])

const formsOf = (json: Json): readonly Json[] => (json.anyOf ? json.anyOf.flatMap(formsOf) : [json])

const meaning = (doc: Doc | undefined, known: string): string => {
  const { text = '', example, directive, since } = doc ?? {}
  return [
    sentence(text),
    example === undefined ? '' : `Example: ${code(example)}.`,
    directive === undefined ? '' : `Directive: ${code(`${directive}=`)}.`,
    since === undefined || since === known ? '' : `Since ${since}.`,
  ]
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('|', String.raw`\|`)
}

const sentence = (text: string): string =>
  text
    .replace(/^(true|false|null)(?=:)/, '`$1`')
    .replace(/^[a-z]/, (letter) => letter.toUpperCase())
    .replace(/(?<=[^.!?:…])$/, '.')

/** The kind of value, in a few words. */
const typeOf = (json: Json): string => {
  const forms = formsOf(json)
  if (forms.some(({ pattern }) => pattern?.includes('(ms|s|m|h)'))) return 'duration'
  if (forms.length > 1) return orOf([...new Set(forms.map(typeOf))])
  if (json.enum) return json.enum.length > 8 ? 'string' : orOf(json.enum.map((one) => code(written(one))))
  if (json.const !== undefined) return code(written(json.const))
  if (json.$ref !== undefined) return 'object'
  if (Array.isArray(json.type)) return orOf(json.type.map((type) => typeOf({ type })))
  switch (json.type) {
    case 'integer':
      return `whole number${json.maximum === undefined ? '' : `, ${json.minimum ?? 0} to ${json.maximum}`}`
    case 'array':
      return Array.isArray(json.items) || typeof json.items !== 'object' ? 'list' : listOf(typeOf(json.items))
    case 'string':
      return json.pattern?.endsWith('%$') ? 'share' : 'string'
    case 'boolean':
      return '`true` or `false`'
    case 'null':
      return '`null`'
    case undefined:
      return 'anything'
    default:
      return json.type
  }
}

const orOf = (types: readonly string[]): string => types.join(' or ').replace('`true` or `false` or `null`', '`true`, `false` or `null`')
const listOf = (item: string): string => (/^(string|object)$/.test(item) ? `list of ${item}s` : `list of (${item})`)

const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)

/** A value as you write it in a config. */
const written = (value: unknown): string => {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const inside = Object.entries(value).map(([key, one]) => `${key}: ${written(one)}`)
  return inside.length === 0 ? '{}' : `{ ${inside.join(', ')} }`
}
