import type { Stage } from '../../stage.ts'

/** The built-in tasks that bring the code. */
const GIT_TASKS = ['git:check', 'git:clone', 'git:update', 'git:create_release']

/** Whether the config or a recipe replaces this task with its own. */
const isReplaced = (stage: Pick<Stage, 'tasks' | 'recipes'>, name: string): boolean =>
  Object.hasOwn(stage.tasks, name) || stage.recipes.some(({ recipe }) => Object.hasOwn(recipe.definition.tasks ?? {}, `:${name}`))

/** Whether shipit's own git tasks bring any of the code. If not, no host is asked for the repository. */
export const usesGit = (stage: Pick<Stage, 'tasks' | 'recipes'>): boolean => GIT_TASKS.some((name) => !isReplaced(stage, name))

/** Whether shipit's own tasks make sure that the mirror has the commit. */
export const updatesMirror = (stage: Pick<Stage, 'tasks' | 'recipes'>): boolean =>
  !isReplaced(stage, 'git:clone') && !isReplaced(stage, 'git:update')
