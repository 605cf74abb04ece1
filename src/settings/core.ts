import { z } from 'zod'
import type { SshOptions } from '../inventory/types.ts'
import type { EnvMap } from '../shell/types.ts'
import { linkedFile } from './linked-file.ts'
import { sshOptions, gitOptions } from './ssh-and-git.ts'
import {
  commands,
  withType,
  commit,
  environment,
  directoryName,
  releasePath,
  ref,
  remotePath,
  repoAddress,
  umask,
  secretOnly,
  wholeNumber,
} from './schema-parts.ts'
import { setting } from './setting.ts'
import type { GitOptions, VarValue } from './types.ts'

// one schema for all: each costs time at the start
const flag = z.boolean()

/**
 * The settings that a config, a stage and the command line can give. Types, layers, defaults, `--set`, the JSON Schema and
 * docs/settings.md are made from this table. The comment of a setting is what editors and docs/settings.md show; `@example` and `@since`
 * (if later than 0.1.0) go there too, and `@default` where the default is not a value.
 */
export const core = {
  /**
   * Where the application is on the servers: an absolute path, or `~/…` in the home directory of the account.
   * @example '/srv/shop'
   */
  deployTo: setting(remotePath, { late: 'whole', default: ({ application }) => `/var/www/${application}` }),
  /**
   * A branch, a tag, or a commit (7 digits are enough). If a branch and a tag share a name: `refs/heads/NAME`, `refs/tags/NAME`.
   * @example 'v1.2.3'
   */
  branch: setting(ref, { late: 'whole', default: 'main' }),
  /**
   * The address of the git repository, as `git` takes it. You need it for a deploy, but not for other tasks, nor if your own tasks replace
   * all `git:…` tasks. With a user and a password in it: `env.secret('REPO_URL')`, and shipit passes them to git out of sight.
   * @example 'git@github.com:example/shop.git'
   */
  repoUrl: setting(repoAddress, { late: 'whole' }),
  /**
   * The commit to deploy, with all 40 digits (SHA-256: 64): `env('CI_COMMIT_SHA')` pins the branch to it, and no server resolves the
   * branch. If your own tasks bring the code, it goes into `REVISION` and `revisions.log`.
   * @default what `branch` is
   * @since 0.2.0
   */
  revision: setting(commit, { late: 'whole' }),
  /**
   * A directory of the repository: its contents become the release.
   * @default the whole repository
   * @example 'apps/web'
   */
  repoTree: setting(releasePath, { late: 'whole' }),
  /**
   * Where the git mirror is. Stages, and applications in one repository, may share one.
   * @default `DEPLOY_TO/repo`
   * @example '/srv/git/shop'
   */
  repoPath: setting(remotePath, { late: 'whole' }),
  /**
   * Files in `shared/`, linked into each release: paths, or objects for files that this machine has, too (`path`, `from`, `upload`, `mode`).
   * A deploy refuses to begin while one is missing, unless it sends it.
   * @example ['.env', { path: 'config/master.key', upload: 'missing' }]
   */
  linkedFiles: setting(z.array(linkedFile), { late: 'each', default: [] }),
  /**
   * Directories in `shared/`, linked into each release. shipit creates them, and removes what the repository has in their place.
   * @example ['log', 'public/uploads']
   */
  linkedDirs: setting(z.array(releasePath), { late: 'each', default: [] }),
  /**
   * How many good releases to keep. The live one, and the best one to go back to, always stay.
   * @example 3
   */
  keepReleases: setting(wholeNumber(1), { default: 5 }),
  /**
   * `true`: the unfinished release of a failed deploy stays, so that you can look at it. It counts as failed, no rollback goes to it, and
   * the next deploy removes it.
   */
  keepFailed: setting(flag, { default: false }),
  /**
   * `true`: a deploy is refused while the local branch has commits that are not pushed: it would not contain them. It looks at the checkout
   * that contains the config; without one, as in most CI jobs, it refuses nothing.
   * @since 0.2.0
   */
  requirePushed: setting(flag, { default: false }),
  /**
   * `true`: a deploy or a rollback of the stage asks you to type the name of the stage first. `--yes` answers; without it and without a
   * terminal, as in CI, that is an error.
   */
  confirm: setting(flag, { default: false }),
  /**
   * The name of the link to the live release, under `deployTo`. The three names must differ from each other, and from `repo`, `.shipit` and
   * `revisions.log`.
   */
  currentDirectory: setting(directoryName, { default: 'current' }),
  /** The name of the directory of the releases, under `deployTo`. */
  releasesDirectory: setting(directoryName, { default: 'releases' }),
  /** The name of the directory that all releases share, under `deployTo`. */
  sharedDirectory: setting(directoryName, { default: 'shared' }),
  /**
   * Environment of every command, on the servers and for tasks on your machine: strings, numbers, `path(…)`, `secret(…)`, `prepend(…)`,
   * `append(…)`; `null` unsets. A `.sudo()` command does not get it: sudoers lists exact words.
   * @default `{}`
   * @example { RAILS_LOG_LEVEL: 'info' }
   */
  env: setting(withType<EnvMap>(environment), { late: 'whole', join: 'environment' }),
  /**
   * The umask of every command on the servers, of the core, recipes and tasks: what new files and folders do not allow. Octal digits in
   * quotes. Files that are uploaded or written get it too, unless they have a `mode` of their own. A command has its own with `.umask('0077')`.
   * @default that of the account
   * @example '0027'
   * @since 0.2.0
   */
  umask: setting(umask, {}),
  /**
   * What runs on the servers in place of a program: `bundle exec rake` for `rake`. It applies to the first word of a command of your tasks
   * and of recipes, if it is literal: `` sh`rake db:seed` ``. A `.sudo()` command keeps its words. `null` takes an entry away. Each value
   * may be a function of the stage.
   * @default `{}`
   * @example { rake: 'bundle exec rake', node: '/opt/node/bin/node' }
   * @since 0.2.0
   */
  commands: setting(commands, { late: 'each', join: 'keys' }),
  /**
   * Anything your tasks need: `({ vars }) => vars.port`. Each value may be a function of the stage.
   * @default `{}`
   * @example { port: 3000 }
   */
  vars: setting(withType<Readonly<Record<string, VarValue>>>(z.record(z.string(), z.unknown())), { late: 'each', join: 'keys' }),
  /** How shipit logs in to the servers. */
  ssh: setting(withType<SshOptions>(sshOptions), { join: 'keys' }),
  /**
   * What sudo gets on the servers if it asks for a password: `askSecret('sudoPassword')`, or `env.secret('SUDO_PASSWORD')`. It is needed
   * only by tasks that use sudo. A server may have its own.
   * @default sudo must not ask
   * @since 0.2.0
   */
  sudoPassword: setting(secretOnly, {}),
  /** How the servers talk to the git server. */
  git: setting(withType<GitOptions>(gitOptions), {
    join: 'keys',
    default: { hostKeys: 'yes', limit: 10, timeout: '1m', transferTimeout: '6h', submodules: true, lfs: true },
  }),
}
