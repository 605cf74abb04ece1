// Recipes as a user writes them: what must compile, and typos that must not.
import { z } from 'zod'
import { defineRecipe, sh } from 'shipit-ts'
import type { Finding, SettingsOf } from 'shipit-ts'

export const puma = defineRecipe({
  name: 'puma',
  settings: z.object({ unit: z.string().default('puma'), phased: z.boolean().default(false), roles: z.array(z.string()).default(['web']) }),
  hostVars: z.object({ workers: z.number() }),
  facts: ({ settings }) => ({ state: sh`systemctl is-active ${settings.unit}`.probe() }),
  tasks: {
    restart: {
      description: 'Restart the web processes',
      on: ({ settings }) => settings.roles,
      steps: ({ settings, host, facts, deploy }) => [
        sh`systemctl restart ${settings.unit}`.sudo(),
        settings.phased && sh`echo ${host.vars.workers} ${host.name} ${facts['state']?.stdout ?? ''} ${deploy.release}`,
      ],
    },
    live: {
      steps: ({ layout }) => [
        layout.live !== undefined && sh`echo ${layout.live}`,
        // @ts-expect-error an object, whatever it points to: its presence says nothing
        layout.current !== undefined && sh`echo live`,
        // @ts-expect-error the same
        layout.repo && sh`echo mirrored`,
      ],
    },
    'reload:all': { sequence: ['puma:restart'] },
    ':deploy:restart': {
      on: 'all',
      run: ({ on, settings }) => on('all', (h) => h.run`echo ${settings.unit}`),
    },
  },
  hooks: ({ settings }) => ({
    after: { 'deploy:published': settings.phased ? 'puma:reload:all' : ['puma:restart'], 'other:task': 'puma:restart' },
  }),
  linkedDirs: ['tmp/sockets'],
})
export const chat = defineRecipe({
  name: 'chat',
  settings: z.object({ url: z.string() }),
  tasks: { done: { run: ({ settings }) => settings.url } },
})
export const bare = defineRecipe({ name: 'bare', tasks: { it: { steps: () => [sh`true`] } } })

export const search = defineRecipe({
  name: 'search',
  settings: z.object({ url: z.string().default('http://localhost:9200') }),
  facts: ({ settings }) => ({ node: sh`curl -sf ${settings.url}`.probe() }),
  doctor: {
    facts: ({ settings, host, runs }) => ({ health: sh`curl -sf ${settings.url}/${host.name} ${String(runs('search:reindex'))}`.probe() }),
    findings: ({ settings, facts, host, layout, settingsOf }): readonly Finding[] => [
      ...(facts['health']?.ok
        ? []
        : [{ level: 'error' as const, message: `no answer on ${host.name}`, remedy: `start it: ${settings.url}` }]),
      ...(layout.releases.length > (settingsOf(puma)?.roles.length ?? 0)
        ? [{ level: 'warning' as const, message: 'many releases', remedy: 'fewer' }]
        : []),
    ],
  },
})
search()

puma()
puma({ unit: 'web' })
puma({ unit: async ({ stage }) => `puma-${stage}` }, { name: 'puma2', hooks: false })
chat({ url: ({ application }) => application })
bare()

// the settings, as tasks see them
const settings: SettingsOf<typeof puma> = { unit: 'x', phased: true, roles: [] }
const plain: string = settings.unit
void plain

// @ts-expect-error a setting that does not exist
puma({ unti: 'web' })
// @ts-expect-error a setting of the wrong type
puma({ phased: 'yes' })
// @ts-expect-error a late setting of the wrong type
puma({ phased: () => 'yes' })
// @ts-expect-error a setting that is needed
chat()
// @ts-expect-error a setting that is needed
chat({})
// @ts-expect-error an option that does not exist
puma({}, { nmae: 'x' })

defineRecipe({
  name: 'typo',
  settings: z.object({ unit: z.string() }),
  tasks: {
    // @ts-expect-error a setting that the schema does not have
    one: { steps: ({ settings }) => [sh`echo ${settings.unti}`] },
    // @ts-expect-error both steps and run
    two: { steps: () => [], run: () => undefined },
    // @ts-expect-error neither steps nor run nor sequence
    three: { description: 'nothing' },
    // @ts-expect-error a step that is text
    four: { steps: () => ['systemctl restart puma'] },
  },
})
defineRecipe({
  name: 'typo',
  settings: z.object({ unit: z.string() }),
  doctor: {
    // @ts-expect-error a setting that the schema does not have
    facts: ({ settings }) => ({ one: sh`echo ${settings.unti}` }),
    // @ts-expect-error a finding without its remedy
    findings: () => [{ level: 'error', message: 'broken' }],
  },
})
// @ts-expect-error a doctor that finds nothing
defineRecipe({ name: 'typo', doctor: { facts: () => ({}) } })
// @ts-expect-error a key that recipes do not have
defineRecipe({ name: 'typo', task: {} })
