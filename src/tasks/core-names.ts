/** The tasks of the pipelines, by Capistrano's names. */
export type CoreTask =
  | 'deploy'
  | 'deploy:rollback'
  | 'deploy:starting'
  | 'deploy:started'
  | 'deploy:updating'
  | 'deploy:updated'
  | 'deploy:publishing'
  | 'deploy:published'
  | 'deploy:finishing'
  | 'deploy:finished'
  | 'deploy:reverting'
  | 'deploy:reverted'
  | 'deploy:finishing_rollback'
  | 'deploy:failed'
  | 'deploy:restart'
  | 'deploy:check'
  | 'deploy:check:directories'
  | 'deploy:check:linked_dirs'
  | 'deploy:check:make_linked_dirs'
  | 'deploy:check:linked_files'
  | 'deploy:new_release_path'
  | 'deploy:set_current_revision'
  | 'deploy:set_current_revision_time'
  | 'deploy:symlink:shared'
  | 'deploy:upload_linked_files'
  | 'deploy:symlink:linked_files'
  | 'deploy:symlink:linked_dirs'
  | 'deploy:symlink:release'
  | 'deploy:cleanup'
  | 'deploy:log_revision'
  | 'git:check'
  | 'git:clone'
  | 'git:update'
  | 'git:create_release'

/** The tasks of the core that you can run by themselves; the others are parts of a deploy or a rollback, and places for hooks. */
export const RUNNABLE: ReadonlySet<string> = new Set<CoreTask>([
  'deploy',
  'deploy:rollback',
  'deploy:restart',
  'deploy:check',
  'git:check',
  'deploy:check:directories',
  'deploy:check:linked_dirs',
  'deploy:check:make_linked_dirs',
  'deploy:check:linked_files',
  'deploy:cleanup',
])
