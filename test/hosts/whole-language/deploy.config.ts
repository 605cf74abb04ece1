// A config that uses most of the language. whole-language.test.ts deploys it to the lab's hosts, and `npm run check` checks its types.
import { readFileSync } from 'node:fs'
import { ask, defineConfig, download, each, env, prepend, sh, sleep, text, upload, when, write } from 'shipit-ts'
import { bundler, rails, rbenv, sidekiq, systemd } from 'shipit-ts/recipes'
import { z } from 'zod'
import { chat } from './deploy/chat.ts'

env.file('.env')

export default defineConfig({
  application: 'shop',
  roles: ['app', 'web', 'db', 'worker'],
  hostVars: z.object({ weight: z.number().min(1), zone: z.enum(['east', 'west']).default('east') }),
  repoUrl: 'file:///srv/repo.git',
  branch: env('BRANCH', ask('branch', { message: 'Which branch?', default: 'shop' })),
  deployTo: ({ application, stage }) => `/var/www/${application}_${stage}`,
  linkedFiles: [
    { path: '.env', from: ({ stage }) => `config/env.${stage}`, upload: 'changed', mode: '0640' },
    { path: 'config/master.key', upload: 'missing' },
  ],
  linkedDirs: ['log', 'public/uploads', ({ stage }) => stage === 'staging' && 'storage'],
  keepReleases: 2,
  umask: '0027',
  env: { PATH: prepend('/opt/node/bin'), LEVEL: 'config', KEPT: 'config' },
  commands: { rake: 'bundle exec rake' },
  ssh: { user: 'deploy', configFile: env('LAB_SSH_CONFIG') },
  vars: {
    token: () => env.secret('TOKEN'),
    sockets: ['tmp/sockets', 'tmp/cache'],
    motd: ({ vars }) => `${vars['sockets'].length} folders`,
  },
  use: [
    rbenv({ ruby: readFileSync('.ruby-version', 'utf8').trim() }),
    bundler(),
    rails(),
    sidekiq({
      serviceUnitUser: 'system',
      user: 'deploy',
      roles: ['worker'],
      commandArgs: ['-r', './worker.rb'],
      serviceUnitEnvVars: ({ deployTo }) => ({ JOBS_LOG: `${deployTo}/shared/log/jobs.log` }),
    }),
    systemd({
      services: {
        web: {
          exec: 'ruby bin/web',
          serviceUnitUser: 'system',
          user: 'deploy',
          on: 'app',
          notify: true,
          envFiles: ['.env'],
        },
      },
    }),
    chat({ url: env.secret('CHAT_URL') }),
    env.flag('WITH_NOTHING') && chat({ url: 'http://127.0.0.1' }, { name: 'other-chat' }),
  ],
  tasks: {
    // ── parts of a deploy
    'shared:dirs': { steps: ({ paths, vars }) => [sh`mkdir -p ${vars['sockets'].map((dir: string) => paths.shared.join(dir))}`] },
    'modules:copy': {
      on: 'web',
      steps: ({ layout, paths }) => [
        when(
          sh`test -d ${paths.current.join('node_modules')}`,
          [
            layout.live !== undefined &&
              sh`cp -a ${paths.current.join('node_modules')} .`.in(paths.release).title(`copy from ${layout.live}`),
          ],
          [sh`mkdir node_modules; date +%s%N > node_modules/installed`.in(paths.release)],
        ),
      ],
    },
    'assets:build': {
      on: 'local',
      steps: () => [sh`mkdir -p dist/css; printf 'a {}' > dist/css/shop.css; touch dist/shop.css.map`.timeout('1m')],
    },
    'assets:push': {
      on: 'web',
      steps: ({ paths }) => [upload('dist', paths.release.join('app/assets/builds'), { delete: true, exclude: ['*.map'] })],
    },
    'db:seed': {
      description: 'Seed the database, with --seed',
      on: { roles: ['db'], primary: true },
      args: z.object({ seed: z.boolean().default(false) }),
      when: ({ args }) => args.seed,
      steps: ({ paths }) => [sleep('1s'), sh`rake db:seed`.in(paths.current)],
    },
    'host:files': {
      steps: ({ host, paths, vars, application, template }) => [
        write(
          '/etc/shop.banner',
          template('config/banner.liquid', { application, name: host.name, primary: host.primary, weight: host.vars.weight }),
          {
            sudo: true,
            owner: 'root:deploy',
            mode: '0640',
          },
        ),
        write(paths.shared.join('token'), text`token=${vars['token']} zone=${host.vars.zone}\n`),
        sh`cat > stdin`
          .stdin(text`${vars['token']}`)
          .in(paths.shared)
          .umask('0077'),
        sh`env > environment`.in(paths.shared),
        sh`printf '%s %s\n' "$FROM_PROFILE" "$LEVEL" > login`.in(paths.shared).login(),
        sh`test -e no-such-file`.orElse(sh`touch instead`).in(paths.shared),
        sh`test -e never`
          .in(paths.shared)
          .allowFailure({ codes: [1] })
          .title('tolerate'),
        sh`id -un > ${paths.shared.join('tmp/cache/whoami')}`.as('root').onlyIf(sh`test ! -e ${paths.shared.join('tmp/cache/whoami')}`),
      ],
    },
    'app:warm': {
      description: 'Wait until the new release answers, one host after the other',
      on: 'app',
      rolling: { size: 1, wait: '250ms' },
      steps: ({ deploy, paths }) => [
        sh`printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 5 127.0.0.1 3000 | grep -q ${deploy.release}`.retry({ every: '1s', for: '30s' }),
        sh`date +%s%N >> ${paths.shared}/warm`,
      ],
    },
    ...each(['page:up', 'page:down'], (name) => ({
      description: name === 'page:up' ? 'Show the maintenance page' : 'Remove the maintenance page',
      on: 'web',
      steps: ({ paths }) => [
        name === 'page:up' ? sh`touch maintenance`.in(paths.shared) : sh`rm maintenance`.in(paths.shared).onlyIf(sh`test -e maintenance`),
        sh`echo ${name} >> pages`.in(paths.shared),
      ],
    })),
    trip: { on: 'web', steps: ({ host, paths }) => [sh`test ! -e ${`/tmp/fail.${host.name}`}`.in(paths.release).hint('remove the file')] },
    // ── by hand
    first: {
      description: 'Install the services, deploy, and seed',
      sequence: ['sidekiq:install', 'systemd:web:install', 'deploy', 'db:seed'],
    },
    'app:log': {
      description: 'Show lines of a log',
      on: 'worker',
      shows: true,
      args: z.object({ lines: z.number().int().default(5).meta({ description: 'how many lines' }), file: z.string().default('rake') }),
      steps: ({ args, paths }) => [sh`tail -n ${args.lines} ${`log/${args.file}.log`}`.in(paths.current)],
    },
    'app:rake': {
      description: 'Run rake in the live release',
      on: { roles: ['db'], primary: true },
      shows: true,
      rest: { name: 'tasks', description: 'the rake tasks' },
      steps: ({ rest, paths }) => [sh`rake ${rest}`.in(paths.current)],
    },
    'logs:fetch': {
      description: 'Fetch the log of rake',
      on: 'db',
      steps: ({ host, paths }) => [download(paths.shared.join('log/rake.log'), `fetched/${host.name}.log`)],
    },
    survey: {
      description: 'Look at everything',
      args: z.object({ clear: z.boolean().default(false) }),
      run: async ({ on, local, log, hosts, primary, paths, args, confirm, ask, invoke, fail, stage }) => {
        const live = await on('web', (h) => h.capture`readlink ${paths.current}`)
        log.table([...live].map(([host, at]) => ({ host: host.name, weight: host.vars.weight, at })))
        if (new Set(live.values()).size !== 1) fail('the hosts differ', { hint: 'deploy again' })
        const paged = await on(hosts('web'), (h) => h.test`test -e ${paths.shared.join('maintenance')}`)
        if ([...paged.values()].some(Boolean)) log.warn('a maintenance page is up')
        const reason = await ask('reason', { default: 'none' })
        await confirm(`Clear the cache of ${stage}?`, { type: stage })
        if (args.clear) await invoke('app:rake', {}, ['cache:clear'])
        const db = primary('db') ?? fail('no host has the database')
        await on(db, async (h) => {
          const tunnel = await h.forward({ to: '127.0.0.1:3000' })
          log.info(`through the tunnel: ${(await (await fetch(`http://127.0.0.1:${tunnel.port}/`)).text()).trim()}`)
          await tunnel.close()
          log.info(`read: ${(await h.read(paths.shared.join('log/rake.log'))).split('\n', 1)[0]}`)
          await h.download(paths.shared.join('environment'), 'fetched/environment')
          await h.write(paths.shared.join('survey'), `${reason} ${await local.capture`basename "$PWD"`}\n`, { mode: '0644' })
        })
      },
    },
  },
  override: {
    'deploy:assets:precompile': { sequence: ['assets:build', 'assets:push', 'deploy:assets:precompile:original'] },
  },
  hooks: {
    before: { 'deploy:updated': ['shared:dirs', 'modules:copy'], 'deploy:publishing': ['page:up', 'trip'] },
    after: {
      'deploy:published': ['host:files', 'app:warm', { task: 'newrelic:notice', optional: true }],
      'deploy:finished': { on: 'local', run: ({ log, deploy }) => log.info(`live: ${deploy.branch} as ${deploy.release}`) },
    },
    finally: {
      deploy: ['page:down', { on: 'local', run: ({ failure, local }) => local.run`echo ${failure?.task ?? 'well'} >> ended` }],
    },
  },
  stages: {
    production: ({ local }) => ({
      confirm: true,
      env: { PATH: prepend('/opt/stage/bin'), LEVEL: 'stage' },
      vars: { motd: `deployed from ${local.hostname}` },
      servers: {
        app: ['h1', 'h2'],
        web: ['h1', { host: 'h2', vars: { weight: 2, zone: 'west' }, env: { LEVEL: 'h2', WEB_CONCURRENCY: 2 } }],
        db: [{ host: 'h1', primary: true, vars: { weight: 1 } }],
        worker: ['h1'],
      },
      settings: { chat: { channel: '#production' }, sidekiq: { processes: 2 } },
    }),
    staging: {
      servers: [{ host: 'deploy@h3:22', roles: ['app', 'web', 'db', 'worker'], primary: true, vars: { weight: 1 } }],
      settings: { chat: { channel: '#staging' } },
    },
  },
})
