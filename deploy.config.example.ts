// Copy this file to the root of your repository as deploy.config.ts, keep what you need and change what is yours.
// Your editor completes every key; a typo in a key, a task, a role or a setting is a compile error, and an error before anything connects.
//
//   shipit production deploy               put the newest commit of the branch live
//   shipit production deploy:rollback      go back to the release before
//   shipit production plan deploy          show every command of a deploy, and run none
//   shipit production doctor               say what is missing on the servers
//   shipit --tasks                         what else there is
//
// No node_modules folder is needed: 'shipit-ts' is always the shipit that runs.
import { defineConfig, env, prepend, sh } from 'shipit-ts'
import { bundler, rails, rbenv, sidekiq } from 'shipit-ts/recipes'

export default defineConfig({
  // ── What is deployed ─────────────────────────────────────────────────────────────────────────────────────────────────
  // Letters, digits, ".", "_" and "-".
  application: 'shop',
  repoUrl: 'git@github.com:example/shop.git',
  // A branch, a tag or a commit; `--branch NAME` is stronger. env() reads a variable of your desk or your CI job.
  branch: env('BRANCH', 'main'),
  // Only this folder of the repository:
  // repoTree: 'backend',

  // ── Where to ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  // Default: /var/www/APPLICATION. A setting may be a function; it is asked once, when the stage is known, and may use
  // stage, application, deployTo, vars and local (user and hostname of your desk).
  deployTo: ({ application, stage }) => `/srv/${application}_${stage}`,
  // Linked from shared/ into every release. The files have to be on the servers before the first deploy.
  linkedFiles: ['.env', 'config/master.key'],
  linkedDirs: ['log', 'tmp/pids', 'tmp/cache', 'tmp/sockets', 'public/uploads', 'storage'],
  // How many good releases stay (default 5), and whether an unfinished one stays for looking at (default: no).
  keepReleases: 5,
  keepFailed: false,
  // Capistrano's names, if you ever changed them there:
  // currentDirectory: 'current', releasesDirectory: 'releases', sharedDirectory: 'shared', repoPath: '/srv/mirrors/shop',

  // ── How ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
  // The environment of every command on the servers. prepend() and append() keep what a variable holds there; null unsets it.
  // For a token use env.secret('TOKEN'): it is sent, and never shown.
  env: { RAILS_ENV: 'production', PATH: prepend('/opt/node/bin') },
  // What ~/.ssh/config says holds; this is stronger.
  ssh: {
    user: 'deploy',
    // 'yes' (default): only hosts in known_hosts. 'accept-new': unknown ones are added, changed keys refused.
    hostKeys: 'yes',
    // 'git': your agent is lent to the git steps, for a repository that the servers have no key of their own for.
    forwardAgent: false,
    // keys: ['~/.ssh/deploy_ed25519'], proxyJump: 'gateway.example.com',
  },
  // The same for the git server's host key; and how many hosts fetch at a time.
  git: { hostKeys: 'yes', limit: 10 },
  // Whatever your own tasks need.
  vars: { port: 3000, health: ({ stage }) => (stage === 'production' ? '/up' : '/up?verbose') },

  // ── With what ────────────────────────────────────────────────────────────────────────────────────────────────────────
  // Recipes bring settings, tasks and hooks. bundler installs gems before deploy:updated; sidekiq is quieted when all checks
  // have passed, stopped when every host is ready, and started on the new release.
  use: [
    // the Ruby of every command; null is what .ruby-version or rbenv's global version says
    rbenv({ ruby: null }),
    bundler({ without: ['development', 'test'], jobs: 4 }),
    // assets on the web hosts, the database migrated once on the first db host before the switch
    rails({ assetsRoles: ['web'], migrateOn: 'db' }),
    sidekiq({
      // 'user' (default): systemctl --user, a unit of the deploy user's own. 'system': sudo systemctl.
      // Its unit is written by sidekiq:install, its sudo rules by sidekiq:sudoers --install, once.
      serviceUnitUser: 'system',
      user: 'deploy',
      roles: ['worker'],
      // running jobs are waited for, so long; then TERM, and Sidekiq puts back what is not done
      drain: { timeout: '60s', onBusy: 'proceed' },
    }),
  ],

  // ── Servers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  // Naming the roles closes the set: from then on a role that is not here is a mistake.
  roles: ['app', 'web', 'db', 'worker', 'logs'],

  // ── Your own tasks ───────────────────────────────────────────────────────────────────────────────────────────────────
  tasks: {
    // `steps` gives commands, for each selected host. It is pure, so that a plan can show them. What is interpolated is quoted:
    // never put quotes around ${…}. A list becomes several words.
    'puma:restart': {
      description: 'Restart the web processes',
      on: 'app',
      steps: ({ vars }) => [
        sh`systemctl restart puma`.sudo().hint('see journalctl -u puma'),
        sh`curl --silent --fail --retry 5 --retry-connrefused http://localhost:${vars['port']}${vars['health']}`.title('wait for puma'),
      ],
    },
    // `primary: true` is one host: the first of the role, or the one that says `primary: true`.
    'search:index': {
      description: 'Bring the search index up to date, if the release has one',
      on: { roles: ['db'], primary: true },
      steps: ({ paths }) => [sh`bundle exec rake search:index`.in(paths.release).onlyIf(sh`test -d app/search`.in(paths.release))],
    },
    // `run` is for code that has to look before it acts.
    load: {
      description: 'Show the load of every host',
      run: async ({ on, log }) => {
        for (const [host, load] of await on('all', (h) => h.capture`uptime`)) log.info(`${host.name} ${load}`)
      },
    },
    // `sequence` runs other tasks.
    'services:restart': { description: 'Restart everything', sequence: ['puma:restart', 'sidekiq:restart'] },
  },
  // Before and after any task, those of recipes and the steps of a deploy among them: a name, a task, or a list of both.
  hooks: {
    after: {
      'deploy:published': ['puma:restart', 'search:index'],
      // also after a failure past the switch: `published` says that the release is live on every host
      'deploy:failed': {
        on: 'local',
        run: ({ failure, log }) =>
          log.info(`${failure?.published ? 'live, but not finished' : 'not deployed'}: ${failure?.message ?? 'no reason known'}`),
      },
    },
  },

  // ── Stages ───────────────────────────────────────────────────────────────────────────────────────────────────────────
  // A stage may say everything again: lists replace those above; env, vars, ssh and git are joined key by key.
  stages: {
    // One server that does everything: listed without roles, it plays every one.
    staging: {
      servers: ['deploy@staging.example.com'],
      branch: env('BRANCH', 'develop'),
      keepReleases: 2,
      env: { RAILS_ENV: 'staging' },
    },
    // Role by role. The strings are user@host:port, [v6]:port, ssh://user@host:port; user and port may be left out.
    production: {
      servers: {
        app: ['app1.example.com', 'app2.example.com'],
        web: ['app1.example.com', 'app2.example.com'],
        db: [{ host: 'app1.example.com', primary: true }],
        worker: ['worker1.example.com:2222'],
      },
      settings: { sidekiq: { processes: 8 } },
    },
    // Or a list, with everything about a server in one place. A function, also an async one, may give either form: from a cloud's API, say.
    preview: {
      servers: ({ vars }) => [
        { host: 'preview.example.com', user: 'deploy', roles: ['app', 'web', 'db', 'worker'], vars: { port: vars['port'] } },
        // gets no release; tasks with on: 'all' reach it
        { host: 'logs.example.com', roles: ['logs'], release: false },
      ],
    },
  },
})
