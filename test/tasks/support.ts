import { callFor } from '../support/call.ts'
import type { Stage } from '../../src/tasks/stage.ts'

/** A minimal stage with the given parts. */
export const stageWith = (parts: Partial<Stage> = {}): Stage => ({
  name: 'test',
  shipit: callFor('test'),
  application: 'shop',
  deployTo: '/srv/shop',
  branch: 'main',
  repoUrl: 'git@example.com:shop.git',
  repoTree: undefined,
  linkedFiles: [],
  linkedDirs: [],
  keepReleases: 5,
  keepFailed: false,
  requirePushed: false,
  confirm: false,
  sudoPassword: undefined,
  currentDirectory: 'current',
  releasesDirectory: 'releases',
  sharedDirectory: 'shared',
  repoPath: undefined,
  env: {},
  vars: {},
  ssh: {},
  git: { timeout: 60_000, transferTimeout: 3_600_000, submodules: true, lfs: true, hostKeys: 'yes', limit: 10 },
  hosts: [],
  recipes: [],
  tasks: {},
  hooks: [],
  file: '/project/deploy.config.ts',
  ...parts,
})
