import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { bundler, rails } from '../../../recipes/index.ts'
import type { Stage } from '../../../src/tasks/stage.ts'
import { withDefaults } from '../../../src/plan/command-defaults.ts'
import { flattenSteps } from '../../../src/plan/flatten-steps.ts'
import { compileScript } from '../../../src/shell/compile.ts'
import { frameReader } from '../../../src/shell/frames.ts'
import type { Command, ScriptStep } from '../../../src/shell/types.ts'
import { write } from '../../../src/shell/write.ts'
import { coreTasks } from '../../../src/tasks/core.ts'
import { defineRecipe } from '../../../src/tasks/define.ts'
import type { AnyRecipe, StepsContext } from '../../../src/tasks/types.ts'
import { path } from '../../../src/values/path.ts'
import { contextOf } from '../../support/context.ts'
import type { Case } from './case.ts'

export const RELEASE = '20260202020202'
const core = defineRecipe({ name: 'core' })()

/** The steps of a deploy of this case up to the switch, and the steps after a failure. */
export const stepsOf = (one: Case, at: { root: string; mirror: string; revision: string }) => {
  const deployTo = `${at.root}/srv`
  const linked = { linkedFiles: one.linkedFiles, linkedDirs: one.linkedDirs }
  const stage = {
    ...linked,
    deployTo,
    repoPath: at.mirror,
    repoUrl: at.mirror,
    application: 'shop',
    tasks: {},
    recipes: [],
    keepFailed: false,
    linkedSources: [],
    git: { hostKeys: 'yes', limit: 10, timeout: 60_000, transferTimeout: 3_600_000, submodules: false, lfs: false },
    releasesDirectory: 'releases',
    currentDirectory: 'current',
    sharedDirectory: 'shared',
    env: { PREFIX: one.prefix ?? '', RAKE: one.fails === 'rake' ? 'fails' : 'works' },
  } as unknown as Stage
  const tasks = coreTasks(stage)
  const ran = { 'deploy:new_release_path': 'done', 'deploy:assets:precompile': 'started' } as const
  const steps = (recipe: AnyRecipe, task: string, failed: boolean): readonly Command[] => {
    const given = contextOf(recipe, { ...linked, deployTo, release: RELEASE, ...(failed && { ran }) })
    const context: StepsContext = {
      ...given,
      paths: { ...given.paths, repo: path(at.mirror) },
      deploy: { ...given.deploy, revision: at.revision },
    }
    const def = recipe === core ? tasks[task as keyof typeof tasks].task : recipe.definition.tasks![task]!
    return flattenSteps(def.steps!(context)).map((command) => withDefaults(command, stage, undefined))
  }
  const all = (recipe: AnyRecipe, names: readonly string[], failed = false) => names.flatMap((name) => steps(recipe, name, failed))
  const gems = one.gems === undefined ? [] : all(bundler(one.gems === null ? {} : { path: one.gems, binstubs: 'bin' }), ['install'])
  const web = one.prefix === undefined ? undefined : rails({ assetsPrefix: one.prefix })
  const assets = [':deploy:assets:precompile', ':deploy:assets:backup_manifest']
  return {
    deploy: [
      // these do the same in every case
      ...(one.number % 4 === 0
        ? all(core, ['deploy:check:linked_dirs', 'deploy:check:make_linked_dirs', 'deploy:check:linked_files'])
        : []),
      ...all(core, ['deploy:new_release_path']),
      ...all(core, ['git:create_release', 'deploy:set_current_revision', 'deploy:set_current_revision_time']),
      ...all(core, ['deploy:symlink:linked_files', 'deploy:symlink:linked_dirs']),
      ...gems,
      ...(web === undefined ? [] : all(web, assets)),
      ...(one.writes === undefined
        ? []
        : [withDefaults(write(path(deployTo).join('releases', RELEASE, one.writes), 'new'), stage, undefined)]),
    ],
    failed: [
      ...(web === undefined ? [] : all(web, [':deploy:assets:recover_manifest'], true)),
      ...all(core, ['deploy:clean_failed'], true),
    ],
  }
}

/** A `bundle` that only writes: settings and binstubs in the release, a manifest and assets in public. */
export const BUNDLE = `#!/bin/sh
case "$1 $2" in
  ('config '*) mkdir -p .bundle; echo "$*" >> .bundle/config ;;
  ('check '*) exit 1 ;;
  ('install '*) for dir in $(sed -n 's/^BUNDLE_PATH: "\\([^/].*\\)"$/\\1/p' .bundle/config | grep -v ' '); do mkdir -p "./$dir"; echo gem > "./$dir/gem"; done ;;
  ('binstubs '*) mkdir -p "$4"; echo new > "$4/rake" ;;
  ('exec rake')
    cd "public/$PREFIX" || exit 1
    echo new > .manifest.json; echo new > app-fedcba9876543210.css; echo new > robots.txt; rm -f app-0123456789abcdef.css
    [ "$RAKE" = works ] ;;
esac
`

export interface Told {
  readonly ok: boolean
  /** stderr of the first step that failed */
  readonly stderr: string
}

/** Runs many deploys in one script; a failed one does not stop the next. */
export const runAll = (
  shell: readonly [string, ...string[]],
  groups: readonly (readonly Command[])[],
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<Told[]> =>
  new Promise((resolve, reject) => {
    const token = 'frameTokenOfFuzz'
    const steps = groups.flatMap((commands, checkGroup) => commands.map((command): Omit<ScriptStep, 'id'> => ({ command, checkGroup })))
    writeFileSync(
      file,
      compileScript(
        steps.map((step, id) => ({ ...step, id })),
        { token },
      ),
    )
    const told = groups.map(() => ({ ok: true, stderr: '' }))
    const reader = frameReader(token, {
      frame: (frame) => {
        const group = 'id' in frame ? told[steps[frame.id]!.checkGroup!]! : undefined
        if (group && frame.type === 'end' && frame.code !== 0) group.ok = steps[frame.id]!.command.spec.allow === true && group.ok
      },
      output: (id, stream, chunk) => {
        const group = id === undefined ? undefined : told[steps[id]!.checkGroup!]
        if (group && stream === 'stderr') group.stderr += chunk.toString()
      },
    })
    const child = spawn(shell[0], [...shell.slice(1), file], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', reader.stdout)
    child.stderr.on('data', reader.stderr)
    child.on('error', reject)
    child.on('close', () => resolve(told))
  })
