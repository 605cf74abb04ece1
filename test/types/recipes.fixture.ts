// A user's recipes: code that must compile, and typos that must not.
import { z } from 'zod'
import { defineConfig, defineRecipe, fact, perStage, sh } from 'shipit-ts'
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
        settings.phased && sh`echo ${host.vars.workers} ${host.name} ${facts.state?.stdout ?? ''} ${deploy.release}`,
      ],
    },
    live: {
      steps: ({ layout }) => [
        layout.live !== undefined && sh`echo ${layout.live}`,
        // @ts-expect-error always an object, so that testing for undefined is a mistake
        layout.current !== undefined && sh`echo live`,
        // @ts-expect-error always an object
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
    after: {
      'deploy:published': settings.phased ? 'puma:reload:all' : ['puma:restart'],
      'other:task': 'puma:restart',
      deploy: [{ task: 'chat:done', optional: true }, settings.phased && 'puma:restart'],
    },
  }),
  linkedDirs: ['tmp/sockets', null, false],
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
      ...(facts.health?.ok ? [] : [{ level: 'error' as const, message: `no answer on ${host.name}`, remedy: `start it: ${settings.url}` }]),
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

chat(perStage, { name: 'chat2' })
chat({ url: perStage })
// @ts-expect-error nothing is required of the stages: they may leave all of it out
puma(perStage)
// @ts-expect-error a setting that does not exist
chat({ url: perStage, ulr: 'x' })
defineConfig({
  application: 'shop',
  use: [chat(perStage)],
  stages: {
    production: { servers: ['a1'], settings: { chat: { url: ({ stage }) => `https://${stage}` } } },
    // @ts-expect-error a setting that does not exist
    staging: { servers: ['a1'], settings: { chat: { ulr: 'https://chat' } } },
    // @ts-expect-error a setting of the wrong type
    review: { servers: ['a1'], settings: { chat: { url: 7 } } },
    // @ts-expect-error only `use` leaves it to the stages
    demo: { servers: ['a1'], settings: { chat: { url: perStage } } },
  },
})

// the settings as tasks get them
const settings: SettingsOf<typeof puma> = { unit: 'x', phased: true, roles: [] }
const plain: string = settings.unit
void plain

// @ts-expect-error a setting that does not exist
puma({ unti: 'web' })
// @ts-expect-error a setting of the wrong type
puma({ phased: 'yes' })
// @ts-expect-error a computed setting of the wrong type
puma({ phased: () => 'yes' })
// @ts-expect-error a missing setting
chat()
// @ts-expect-error a missing setting
chat({})
// @ts-expect-error an option that does not exist
puma({}, { nmae: 'x' })

defineRecipe({
  name: 'typo',
  settings: z.object({ unit: z.string() }),
  tasks: {
    // @ts-expect-error an unknown setting
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
    // @ts-expect-error an unknown setting
    facts: ({ settings }) => ({ one: sh`echo ${settings.unti}` }),
    // @ts-expect-error a finding without its remedy
    findings: () => [{ level: 'error', message: 'broken' }],
  },
})
// @ts-expect-error a doctor without findings
defineRecipe({ name: 'typo', doctor: { facts: () => ({}) } })
// @ts-expect-error an unknown key of a recipe
defineRecipe({ name: 'typo', task: {} })

// facts and args have the types of their declarations
export const worker = defineRecipe({
  name: 'worker',
  settings: z.object({ units: z.array(z.string()).default(['worker']), shared: z.boolean().default(false) }),
  facts: (c) =>
    c.host.release && {
      jobs: fact(sh`bin/jobs --count`, ({ ok, stdout }) => (ok ? Number(stdout) : undefined)),
      units: c.settings.units.map((name) => fact(sh`systemctl is-active ${name}`, ({ ok }) => ({ name, runs: ok }))),
      ...(c.runs('worker:check') && { owner: { home: sh`getent passwd jobs` } }),
    },
  tasks: {
    check: {
      args: z.object({ most: z.number().default(10), names: z.array(z.string()).optional() }),
      when: ({ args }) => args.most > 0,
      steps: ({ facts: { jobs, units, owner }, args }) => {
        const count: number | undefined = jobs
        const down: readonly { name: string; runs: boolean }[] = units?.filter(({ runs }) => !runs) ?? []
        const home: string = owner?.home?.stdout ?? ''
        const names: string[] | undefined = args.names
        return [count !== undefined && count > args.most && sh`echo ${down.map(({ name }) => name)} ${home} ${names ?? []}`]
      },
    },
    typos: {
      args: z.object({ most: z.number() }),
      steps: ({ facts, args }) => {
        // @ts-expect-error an unknown fact
        void facts.job
        // @ts-expect-error an unknown option of the task
        void args.mots
        // @ts-expect-error a fact may be undefined
        return facts.jobs > args.most ? [] : []
      },
    },
    none: {
      // @ts-expect-error a task without options
      steps: ({ args }) => [sh`echo ${args.most}`],
    },
  },
  doctor: {
    facts: () => ({ log: fact(sh`test -w log`, ({ ok }) => ok) }),
    findings: ({ facts: { jobs, log } }) =>
      jobs === undefined || log === true ? [] : [{ level: 'error', message: `${jobs.toFixed()} jobs`, remedy: 'x' }],
  },
})
// @ts-expect-error facts are commands, or facts with a parser
defineRecipe({ name: 'typo', facts: () => ({ one: 'uptime' }) })
