/**
 * Names from Capistrano 2 and 3, Mina and Deployer that people use in hooks and sequences, and their names here. Typing the same name on
 * the command line gets a different answer: a command.
 */
const NAMES: Readonly<Record<string, string>> = {
  rollback: 'the task is called deploy:rollback',
  'deploy:revert': 'the task is called deploy:rollback',
  'rollback:release': 'the task is called deploy:rollback',
  check: 'the task is called deploy:check',
  'deploy:check_dependencies': 'the task is called deploy:check',
  setup: 'the task is called deploy:check',
  'deploy:setup': 'the task is called deploy:check',
  'deploy:prepare': 'the task is called deploy:check',
  cleanup: 'the task is called deploy:cleanup',
  restart: 'the task is called deploy:restart',
  'deploy:cold': 'the first deploy is like any other: hook on deploy',
  'deploy:start': 'hook on deploy:starting or deploy:started, before anything is written',
  'deploy:update': 'hook on deploy:updated, before the switch, or deploy:published, after it',
  'deploy:update_code': 'hook before deploy:updated, when the release is filled and linked',
  'deploy:symlink': 'the switch is called deploy:symlink:release',
  'deploy:create_symlink': 'the switch is called deploy:symlink:release',
  'deploy:publish': 'hook on deploy:publishing, before the switch, or deploy:published, after it',
  'deploy:pending': 'pending is a command, not a task; a deploy says by itself how many commits are new',
  'deploy:pending:diff': 'pending --diff is a command, not a task; a deploy says by itself how many commits are new',
  'puma:smart_restart': 'the task is called puma:restart, or puma:phased_restart',
  'puma:systemd:restart': 'the task is called puma:restart',
}

/** What a name in a hook, a sequence and the like is called here; undefined if the answer is the same as for a typed name. */
export const hookNameHint = (name: string): string | undefined => (Object.hasOwn(NAMES, name) ? NAMES[name] : undefined)
