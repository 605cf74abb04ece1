// Written by `npm run settings` from core.ts. Do not edit. Editors show the comments of an interface, but not those of a type that is
// computed from the table.
import type { core } from './core.ts'
import type { GivenFor } from './setting.ts'
import type { OpenVars } from './types.ts'

type Core = typeof core

/** What a layer may give: the config, a stage, the command line. `V`: the `vars` that functions see; `G`: `vars` as given. */
export interface SettingsLayer<V = OpenVars, G = GivenFor<Core['vars']>> {
  /**
   * Where the application is on the servers: an absolute path, or `~/…` in the home directory of the account.
   * @example '/srv/shop'
   */
  deployTo?: GivenFor<Core['deployTo'], V> | undefined
  /**
   * A branch, a tag, or a commit (7 digits are enough). If a branch and a tag share a name: `refs/heads/NAME`, `refs/tags/NAME`.
   * @example 'v1.2.3'
   */
  branch?: GivenFor<Core['branch'], V> | undefined
  /**
   * The address of the git repository, as `git` takes it. You need it for a deploy, but not for other tasks, nor if your own tasks replace
   * all `git:…` tasks. With a user and a password in it: `env.secret('REPO_URL')`, and shipit passes them to git out of sight.
   * @example 'git@github.com:example/shop.git'
   */
  repoUrl?: GivenFor<Core['repoUrl'], V> | undefined
  /**
   * The commit to deploy, with all 40 digits (SHA-256: 64): `env('CI_COMMIT_SHA')` pins the branch to it, and no server resolves the
   * branch. If your own tasks bring the code, it goes into `REVISION` and `revisions.log`.
   * @default what `branch` is
   * @since 0.2.0
   */
  revision?: GivenFor<Core['revision'], V> | undefined
  /**
   * A directory of the repository: its contents become the release.
   * @default the whole repository
   * @example 'apps/web'
   */
  repoTree?: GivenFor<Core['repoTree'], V> | undefined
  /**
   * Where the git mirror is. Stages, and applications in one repository, may share one.
   * @default `DEPLOY_TO/repo`
   * @example '/srv/git/shop'
   */
  repoPath?: GivenFor<Core['repoPath'], V> | undefined
  /**
   * Files in `shared/`, linked into each release: paths, or objects for files that this machine has, too (`path`, `from`, `upload`, `mode`).
   * A deploy refuses to begin while one is missing, unless it sends it.
   * @example ['.env', { path: 'config/master.key', upload: 'missing' }]
   */
  linkedFiles?: GivenFor<Core['linkedFiles'], V> | undefined
  /**
   * Directories in `shared/`, linked into each release. shipit creates them, and removes what the repository has in their place.
   * @example ['log', 'public/uploads']
   */
  linkedDirs?: GivenFor<Core['linkedDirs'], V> | undefined
  /**
   * How many good releases to keep. The live one, and the best one to go back to, always stay.
   * @example 3
   */
  keepReleases?: GivenFor<Core['keepReleases'], V> | undefined
  /**
   * `true`: the unfinished release of a failed deploy stays, so that you can look at it. It counts as failed, no rollback goes to it, and
   * the next deploy removes it.
   */
  keepFailed?: GivenFor<Core['keepFailed'], V> | undefined
  /**
   * `true`: a deploy is refused while the local branch has commits that are not pushed: it would not contain them. It looks at the checkout
   * that contains the config; without one, as in most CI jobs, it refuses nothing.
   * @since 0.2.0
   */
  requirePushed?: GivenFor<Core['requirePushed'], V> | undefined
  /**
   * `true`: a deploy or a rollback of the stage asks you to type the name of the stage first. `--yes` answers; without it and without a
   * terminal, as in CI, that is an error.
   */
  confirm?: GivenFor<Core['confirm'], V> | undefined
  /**
   * The name of the link to the live release, under `deployTo`. The three names must differ from each other, and from `repo`, `.shipit` and
   * `revisions.log`.
   */
  currentDirectory?: GivenFor<Core['currentDirectory'], V> | undefined
  /** The name of the directory of the releases, under `deployTo`. */
  releasesDirectory?: GivenFor<Core['releasesDirectory'], V> | undefined
  /** The name of the directory that all releases share, under `deployTo`. */
  sharedDirectory?: GivenFor<Core['sharedDirectory'], V> | undefined
  /**
   * Environment of every command, on the servers and for tasks on your machine: strings, numbers, `path(…)`, `secret(…)`, `prepend(…)`,
   * `append(…)`; `null` unsets. A `.sudo()` command does not get it: sudoers lists exact words.
   * @default `{}`
   * @example { RAILS_LOG_LEVEL: 'info' }
   */
  env?: GivenFor<Core['env'], V> | undefined
  /**
   * The umask of every command on the servers, of the core, recipes and tasks: what new files and folders do not allow. Octal digits in
   * quotes. Files that are uploaded or written get it too, unless they have a `mode` of their own. A command has its own with `.umask('0077')`.
   * @default that of the account
   * @example '0027'
   * @since 0.2.0
   */
  umask?: GivenFor<Core['umask'], V> | undefined
  /**
   * What runs on the servers in place of a program: `bundle exec rake` for `rake`. It applies to the first word of a command of your tasks
   * and of recipes, if it is literal: `` sh`rake db:seed` ``. A `.sudo()` command keeps its words. `null` takes an entry away. Each value
   * may be a function of the stage.
   * @default `{}`
   * @example { rake: 'bundle exec rake', node: '/opt/node/bin/node' }
   * @since 0.2.0
   */
  commands?: GivenFor<Core['commands'], V> | undefined
  /**
   * Anything your tasks need: `({ vars }) => vars.port`. Each value may be a function of the stage.
   * @default `{}`
   * @example { port: 3000 }
   */
  vars?: G | undefined
  /** How shipit logs in to the servers. */
  ssh?: GivenFor<Core['ssh'], V> | undefined
  /**
   * What sudo gets on the servers if it asks for a password: `askSecret('sudoPassword')`, or `env.secret('SUDO_PASSWORD')`. It is needed
   * only by tasks that use sudo. A server may have its own.
   * @default sudo must not ask
   * @since 0.2.0
   */
  sudoPassword?: GivenFor<Core['sudoPassword'], V> | undefined
  /** How the servers talk to the git server. */
  git?: GivenFor<Core['git'], V> | undefined
}
