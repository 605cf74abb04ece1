// Copy this file to the root of your repository as deploy.config.ts, keep what you need, and adapt it.
// Your editor completes every key. A typo in a key, task, role or setting is a compile error, and shipit rejects it before it connects.
//
//   shipit production deploy               put the newest commit of the branch live
//   shipit production deploy:rollback      go back to the previous release
//   shipit production plan deploy          show what a deploy would run, without running it
//   shipit production doctor               report what is missing on the servers
//   shipit --tasks                         list the tasks
//
// You need no node_modules folder: 'shipit-ts' always resolves to the shipit that runs.
import { defineConfig, env, prepend, sh } from 'shipit-ts'
import { bundler, rails, rbenv, sidekiq } from 'shipit-ts/recipes'

export default defineConfig({
  // ── What is deployed ─────────────────────────────────────────────────────────────────────────────────────────────────
  // Letters, digits, ".", "_" and "-".
  application: 'shop',
  repoUrl: 'git@github.com:example/shop.git',
  // A branch, a tag or a commit; `--branch NAME` overrides it. env() reads a variable of your own machine or CI job.
  branch: env('BRANCH', 'main'),
  // Only this folder of the repository:
  // repoTree: 'backend',

  // ── Where to ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  // Default: /var/www/APPLICATION. A setting may be a function; it is called once, when the stage is known, and may use
  // stage, application, deployTo, vars and local (user and hostname of your own machine).
  deployTo: ({ application, stage }) => `/srv/${application}_${stage}`,
  // Linked from shared/ into every release. The files must be on the servers before the first deploy.
  linkedFiles: ['.env', 'config/master.key'],
  linkedDirs: ['log', 'tmp/pids', 'tmp/cache', 'tmp/sockets', 'public/uploads', 'storage'],
  // How many good releases to keep (default: 5), and whether to keep an unfinished one for inspection (default: no).
  keepReleases: 5,
  keepFailed: false,
  // Capistrano's settings, if you changed these names there:
  // currentDirectory: 'current', releasesDirectory: 'releases', sharedDirectory: 'shared', repoPath: '/srv/mirrors/shop',

  // ── How ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
  // The environment of every command on the servers. prepend() and append() keep a variable's value there; null unsets it.
  // For a token, use env.secret('TOKEN'): shipit sends it, but never shows it.
  env: { RAILS_ENV: 'production', PATH: prepend('/opt/node/bin') },
  // shipit follows ~/.ssh/config; these settings override it.
  ssh: {
    user: 'deploy',
    // 'yes' (default): only hosts in known_hosts. 'accept-new': unknown ones are added, changed keys refused.
    hostKeys: 'yes',
    // 'git': forwards your agent to the git steps, if the servers have no key of their own for the repository.
    forwardAgent: false,
    // keys: ['~/.ssh/deploy_ed25519'], proxyJump: 'gateway.example.com',
  },
  // The same for the git server's host key, and how many hosts fetch at a time.
  git: { hostKeys: 'yes', limit: 10 },
  // Values for your own tasks.
  vars: { port: 3000, health: ({ stage }) => (stage === 'production' ? '/up' : '/up?verbose') },

  // ── With what ────────────────────────────────────────────────────────────────────────────────────────────────────────
  // Recipes add settings, tasks and hooks. bundler installs gems before deploy:updated. sidekiq is quieted once all checks
  // have passed, stopped once every host is ready, and started on the new release.
  use: [
    // the Ruby of every command; null uses .ruby-version, or else rbenv's global version
    rbenv({ ruby: null }),
    bundler({ without: ['development', 'test'], jobs: 4 }),
    // compiles assets on the web hosts; migrates the database once, on the primary db host, before the switch
    rails({ assetsRoles: ['web'], migrationRole: 'db' }),
    sidekiq({
      // 'user' (default): systemctl --user, with a unit of the deploy user. 'system': sudo systemctl.
      // Run these once: sidekiq:install writes the unit, sidekiq:sudoers --install the sudo rules.
      serviceUnitUser: 'system',
      user: 'deploy',
      roles: ['worker'],
      // wait this long for running jobs, then send TERM; Sidekiq puts unfinished jobs back into the queue
      drain: { timeout: '60s', onBusy: 'proceed' },
    }),
  ],

  // ── Servers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  // If you name the roles, any role that is not listed here is an error.
  roles: ['app', 'web', 'db', 'worker', 'logs'],

  // ── Your own tasks ───────────────────────────────────────────────────────────────────────────────────────────────────
  tasks: {
    // `steps` returns commands for each selected host. It is pure, so that a plan can show them. sh quotes what you interpolate:
    // never put quotes around ${…}. A list becomes several words.
    'puma:restart': {
      description: 'Restart the web processes',
      on: 'app',
      steps: ({ vars }) => [
        sh`systemctl restart puma`.sudo().hint('see journalctl -u puma'),
        sh`curl --silent --fail --retry 5 --retry-connrefused http://localhost:${vars['port']}${vars['health']}`.title('wait for puma'),
      ],
    },
    // `primary: true` selects one host: the first of the role, or the one with `primary: true`.
    'search:index': {
      description: 'Bring the search index up to date, if the release has one',
      on: { roles: ['db'], primary: true },
      steps: ({ paths }) => [sh`bundle exec rake search:index`.in(paths.release).onlyIf(sh`test -d app/search`.in(paths.release))],
    },
    // `run` is for code that must look before it acts.
    load: {
      description: 'Show the load of every host',
      run: async ({ on, log }) => {
        for (const [host, load] of await on('all', (h) => h.capture`uptime`)) log.info(`${host.name} ${load}`)
      },
    },
    // `sequence` runs other tasks.
    'services:restart': { description: 'Restart everything', sequence: ['puma:restart', 'sidekiq:restart'] },
  },
  // Before or after any task, including those of recipes and of a deploy: a task's name, a task, or a list of both.
  hooks: {
    after: {
      'deploy:published': ['puma:restart', 'search:index'],
      // also runs if the deploy fails after the switch: `published` means that the release is live on every host
      'deploy:failed': {
        on: 'local',
        run: ({ failure, log }) =>
          log.info(`${failure?.published ? 'live, but not finished' : 'not deployed'}: ${failure?.message ?? 'no reason known'}`),
      },
    },
  },

  // ── Stages ───────────────────────────────────────────────────────────────────────────────────────────────────────────
  // A stage may override every setting: lists replace those above; env, vars, ssh and git are merged key by key.
  stages: {
    // One server for everything: a server listed without roles has all of them.
    staging: {
      servers: ['deploy@staging.example.com'],
      branch: env('BRANCH', 'develop'),
      keepReleases: 2,
      env: { RAILS_ENV: 'staging' },
    },
    // By role. A server is user@host:port, [v6]:port or ssh://user@host:port; you may leave out user and port.
    production: {
      servers: {
        app: ['app1.example.com', 'app2.example.com'],
        web: ['app1.example.com', 'app2.example.com'],
        db: [{ host: 'app1.example.com', primary: true }],
        worker: ['worker1.example.com:2222'],
      },
      settings: { sidekiq: { processes: 8 } },
    },
    // Or a list, with all about a server in one place. A function, even an async one, may return either form, such as from a cloud's API.
    preview: {
      servers: ({ vars }) => [
        { host: 'preview.example.com', user: 'deploy', roles: ['app', 'web', 'db', 'worker'], vars: { port: vars['port'] } },
        // gets no release; tasks with on: 'all' reach it
        { host: 'logs.example.com', roles: ['logs'], release: false },
      ],
    },
  },
})
